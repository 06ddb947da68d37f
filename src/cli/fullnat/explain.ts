/** `fullnat explain` and `fullnat failures`: why a connection goes where it goes, or goes nowhere. */
import { parseArgs } from 'node:util'
import { call } from '../../api/client.js'
import type { DropView, ExplanationView, FailuresView, Question } from '../../api/explanation-view.js'
import { reasonText } from '../../failure/reason.js'
import { endpointName, parseEndpoint } from '../../model/name.js'
import type { ServiceProtocol } from '../../model/service.js'
import type { Terminal } from '../terminal.js'
import { UsageError } from './usage-error.js'

export interface ExplainRequest {
  command: 'explain'
  json: boolean
  question: Question
}

export interface FailuresRequest {
  command: 'failures'
  json: boolean
  lastS: number
}

const PROTOCOLS: readonly string[] = ['tcp', 'udp', 'sctp'] satisfies ServiceProtocol[]
const NAMES: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp6', 132: 'sctp' }
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }
const LAST_S = 300
const LONGEST_S = 86_400
const FAILED = 1

/** `PROTOCOL CLIENT:PORT VIP:PORT`. Throws UsageError. */
export function explainRequest(words: string[]): ExplainRequest {
  const { json, rest } = split(words, {})
  const [protocol = '', client = '', virtual = '', ...more] = rest
  if (!PROTOCOLS.includes(protocol) || more.length > 0)
    throw new UsageError('explain takes PROTOCOL CLIENT:PORT VIP:PORT, such as tcp 192.0.2.100:40000 192.0.2.45:80')
  const [from, to] = [client, virtual].map((text) => {
    const endpoint = parseEndpoint(text)
    if (endpoint) return endpoint
    throw new UsageError(`explain takes ADDRESS:PORT (IPv6 in brackets), not '${text}'`)
  })
  const question = {
    protocol: protocol as ServiceProtocol,
    client: from.address,
    clientPort: from.port,
    virtual: to.address,
    virtualPort: to.port,
  }
  return { command: 'explain', json, question }
}

/** `[--last 5m]`. Throws UsageError. */
export function failuresRequest(words: string[]): FailuresRequest {
  const { json, rest, last } = split(words, { last: { type: 'string' } })
  if (rest.length > 0) throw new UsageError(`failures takes no '${rest[0]}'`)
  return { command: 'failures', json, lastS: last === undefined ? LAST_S : secondsOf(last) }
}

function secondsOf(text: string): number {
  const [, digits, unit = 's'] = /^(\d+)([smh]?)$/.exec(text) ?? []
  const seconds = Number(digits) * UNIT_SECONDS[unit || 's']
  if (seconds >= 1 && seconds <= LONGEST_S) return seconds
  throw new UsageError(`--last takes a time such as 30s, 5m or 2h, up to a day, not '${text}'`)
}

function split(words: string[], more: { last?: { type: 'string' } }) {
  try {
    const options = { json: { type: 'boolean' }, ...more } as const
    const { values, positionals } = parseArgs({ args: words, options, allowPositionals: true, strict: true })
    const { json = false, last } = values as { json?: boolean; last?: string }
    return { json, last, rest: positionals }
  } catch (error) {
    throw new UsageError((error as Error).message.split('. ')[0])
  }
}

/** Exit status: 0 such a packet gets through, 1 it does not. */
export async function explain({ question, json }: ExplainRequest, io: Terminal): Promise<number> {
  const view = await call<ExplanationView>('POST', '/explain', question)
  io.out(json ? `${JSON.stringify(view, null, 2)}\n` : page(view))
  return view.good ? 0 : FAILED
}

function page({ protocol, client, clientPort, virtual, virtualPort, good, verdict, steps }: ExplanationView): string {
  const from = endpointName({ address: client, port: clientPort })
  const to = endpointName({ address: virtual, port: virtualPort })
  const width = Math.max(...steps.map(({ step }) => step.length))
  const lines = steps.flatMap(({ step, found, because }, i) => [
    `${String(i + 1).padStart(2)}  ${step.padEnd(width)}  ${found}`,
    ...because.map((text) => `${' '.repeat(width + 6)}- ${text}`),
  ])
  return `${[`${protocol} ${from} -> ${to}`, `${good ? 'ok' : 'NO'}: ${verdict}`, '', ...lines].join('\n')}\n`
}

export async function failures({ lastS, json }: FailuresRequest, io: Terminal): Promise<void> {
  const view = await call<FailuresView>('GET', `/failures?last=${lastS}`)
  io.out(json ? `${JSON.stringify(view, null, 2)}\n` : list(view.drops, lastS))
}

function list(drops: readonly DropView[], lastS: number): string {
  if (drops.length === 0) return `no packet was dropped in the last ${lastS} s\n`
  return drops.map((drop) => `${line(drop)}\n`).join('')
}

function line({ agoMs, protocol, source, sourcePort, destination, destinationPort, times, reason }: DropView): string {
  const from = endpointName({ address: source, port: sourcePort })
  const to = endpointName({ address: destination, port: destinationPort })
  const ago = `${(agoMs / 1000).toFixed(1)} s ago`.padStart(12)
  return `${ago}  ${NAMES[protocol] ?? protocol} ${from} -> ${to}  ${times} times  ${reason}: ${reasonText[reason]}`
}
