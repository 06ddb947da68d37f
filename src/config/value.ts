/** Values with a meaning of their own: services, servers, addresses, durations, spans of ports. */
import * as words from '../address/words.js'
import { type Endpoint, parseEndpoint, parseService } from '../model/name.js'
import type { AddressSpan, PortSpan } from '../model/netfilter.js'
import type { ServiceKey } from '../model/service.js'
import { scalar, type Type, text } from './type.js'

export const serviceName: Type<ServiceKey> = text(
  'a service such as tcp:192.0.2.45:80, udp:[2001:db8::45]:53, sctp:192.0.2.45:2905, fwm:7 or fwm6:7',
  { examples: ['tcp:192.0.2.45:80', 'udp:[2001:db8::45]:53', 'fwm:7'], pattern: '^(tcp|udp|sctp|fwm|fwm6):.+$' },
  (value) => parseService(value) ?? undefined,
)

export const endpoint: Type<Endpoint> = text(
  'ADDRESS:PORT such as 192.0.2.21:80 or "[2001:db8::21]:80"',
  { examples: ['192.0.2.21:80', '[2001:db8::21]:80'] },
  (value) => parseEndpoint(value) ?? undefined,
)

const canonical = (value: string): string | undefined => {
  const found = words.parse(value)
  return found === null ? undefined : words.format(found)
}

/** ADDRESS or ADDRESS-ADDRESS of one family, the first not above the last. */
export const addressSpan: Type<AddressSpan> = text(
  'an address such as 192.0.2.10, or a range such as 192.0.2.10-192.0.2.13',
  { examples: ['192.0.2.10', '192.0.2.10-192.0.2.13'] },
  parseAddressSpan,
)

export function parseAddressSpan(value: string): AddressSpan | undefined {
  const parts = value.split('-').map((part) => canonical(part.trim()))
  const [from, to = from] = parts
  if (parts.length > 2 || parts.includes(undefined) || from === undefined || to === undefined) return undefined
  return isOrdered(from, to) ? { from, to } : undefined
}

function isOrdered(from: string, to: string): boolean {
  const [a, b] = [words.parse(from)!, words.parse(to)!]
  if (words.familyOf(a) !== words.familyOf(b)) return false
  const at = a.findIndex((word, i) => word !== b[i])
  return at < 0 || a[at] >>> 0 < b[at] >>> 0
}

const spanOf = (value: string, from: number, to: number): PortSpan | undefined => {
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(value) ?? []
  const span = { from: Number(first), to: Number(last) }
  return first !== '' && span.from >= from && span.to <= to && span.from <= span.to ? span : undefined
}

/** A number, or FROM-TO. */
export const span = (noun: string, from: number, to: number, example: string): Type<PortSpan> => ({
  ...text(`${noun} from ${from} to ${to}, or a range such as ${example}`, {}, (value) => spanOf(value, from, to)),
  schema: {
    anyOf: [
      { type: 'integer', minimum: from, maximum: to },
      { type: 'string', pattern: '^\\d+(-\\d+)?$' },
    ],
  },
})

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|min|m|h|d)$/

/** A plain number is seconds. Milliseconds come out. */
export function duration(fromMs: number, toMs: number): Type<number> {
  const schema = {
    anyOf: [
      { type: 'number', minimum: 0 },
      { type: 'string', pattern: DURATION.source },
    ],
  }
  const right = `a duration from ${durationText(fromMs)} to ${durationText(toMs)}, such as 500ms, 5s, 10m, 1h (a plain number is seconds)`
  return scalar(right, schema, ({ value }) => {
    const [, digits, unit = 's'] = typeof value === 'string' ? (DURATION.exec(value) ?? []) : ['', `${value}`]
    const ms = typeof value === 'boolean' || value === null ? Number.NaN : Number(digits) * UNITS_MS[unit]
    return Number.isInteger(ms) && ms >= fromMs && ms <= toMs ? ms : undefined
  })
}

/** Whole seconds come out. */
export function seconds(from: number, to: number): Type<number> {
  const ms = duration(from * 1000, to * 1000)
  return {
    ...ms,
    right: ms.right.replace('a duration', 'whole seconds'),
    read: (node, path, problems) => {
      const found = ms.read(node, path, problems)
      if (found === undefined || found % 1000 === 0) return found === undefined ? found : found / 1000
      problems.add(node.at, path, `${found} ms are not whole seconds`, 'it takes whole seconds, such as 30s')
      return undefined
    },
  }
}

/** As `duration` reads it: the largest unit that needs no fraction. */
export function durationText(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'])
    if (ms > 0 && ms % UNITS_MS[unit] === 0) return `${ms / UNITS_MS[unit]}${unit}`
  return ms === 0 ? '0s' : `${ms}ms`
}
