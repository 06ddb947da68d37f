/**
 * Packets from words: `tcp 40000 vip:80 S win=100 data=hello`.
 *
 * Positional words first, then KEY=VALUE: ttl tos id df len data seq ack win options sum src, and frag=N for pieces of N
 * bytes. In data a `_` is a blank and `\r\n` a line's end.
 */
import * as build from '../../packets/build.js'
import { chunks, TAG } from './chunk.js'
import type { Flows } from './flow.js'
import { type Hosts, isIpv6, join } from './host.js'

export interface Ends {
  from: string
  to: string
}

export type Options = ReadonlyMap<string, string>

export function split(words: readonly string[]): { plain: string[]; options: Options } {
  const isOption = (word: string) => /^[a-z]+=/.test(word)
  const options = new Map<string, string>()
  for (const word of words.filter(isOption)) {
    const at = word.indexOf('=')
    options.set(word.slice(0, at), word.slice(at + 1))
  }
  return { plain: words.filter((word) => !isOption(word)), options }
}

const number = (options: Options, key: string, otherwise: number): number => Number(options.get(key) ?? otherwise)

function payload(options: Options): Uint8Array {
  const text = options.get('data')
  if (text !== undefined) {
    const plain = text.replaceAll('_', ' ').replaceAll('\\r', '\r').replaceAll('\\n', '\n')
    return new TextEncoder().encode(plain)
  }
  return Uint8Array.from({ length: number(options, 'len', 0) }, (_, i) => i * 7)
}

export interface Sender {
  hosts: Hosts
  flows: Flows
  /** An identification that no packet had before. */
  nextId: () => number
}

/** The packets that `words` ask for, from one end to the other. */
export function packets(
  { hosts, flows, nextId }: Sender,
  protocol: string,
  ends: Ends,
  detail: string,
  options: Options,
): Uint8Array[] {
  const from = options.has('src') ? withAddress(ends.from, hosts.address(options.get('src')!)) : ends.from
  const words = {
    from,
    to: ends.to,
    ttl: number(options, 'ttl', 64),
    tos: number(options, 'tos', 0),
    id: number(options, 'id', nextId()),
    dontFragment: number(options, 'df', protocol === 'tcp' && !options.has('frag') ? 1 : 0) === 1,
    payload: payload(options),
    checksum: (options.get('sum') ?? 'right') as build.Checksum,
  }
  if (protocol === 'tcp')
    return cut(words, options, (more) => build.tcp({ ...tcpWords(words, flows, detail, options), ...more }))
  if (protocol === 'udp') return cut(words, options, (more) => build.udp({ ...words, ...more }))
  if (protocol === 'sctp') {
    const tag = detail === 'INIT' ? 0 : TAG // RFC 9260 8.5.1
    return cut({ ...words, payload: chunks(detail) }, options, (more) => build.sctp({ ...more, tag }))
  }
  if (protocol === 'echo') return [build.icmp({ ...words, type: isIpv6(from) ? 128 : 8 }).bytes]
  throw new Error(`no protocol is called ${protocol}`)
}

const withAddress = (endpoint: string, address: string): string =>
  join(address, endpoint.slice(endpoint.lastIndexOf(':') + 1))

function cut(words: build.Segment, options: Options, whole: (words: build.Segment) => build.Built): Uint8Array[] {
  const built = options.has('frag') ? build.fragments(words, number(options, 'frag', 8), whole) : [whole(words)]
  return built.map(({ bytes }) => bytes)
}

function tcpWords(words: build.Segment, flows: Flows, flags: string, options: Options): build.Tcp {
  const { sequence, acknowledgement } = flows.numbers(words.from, words.to, flags)
  return {
    ...words,
    flags,
    sequence: number(options, 'seq', sequence),
    acknowledgement: number(options, 'ack', acknowledgement),
    window: number(options, 'win', 64_000),
    tcpOptions: tcpOptions(options.get('options') ?? ''),
  }
}

/** 'mss:1460,sack,ws:7,ts:100:50', padded with NOPs. */
function tcpOptions(text: string): number[] {
  const bytes = text.split(',').filter(Boolean).flatMap(tcpOption)
  while (bytes.length % 4) bytes.push(1)
  return bytes
}

function tcpOption(text: string): number[] {
  const [name, ...values] = text.split(':')
  const [a = 0, b = 0] = values.map(Number)
  const word = (n: number) => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
  if (name === 'mss') return [2, 4, a >>> 8, a & 255]
  if (name === 'ws') return [3, 3, a]
  if (name === 'sack') return [4, 2]
  if (name === 'ts') return [8, 10, ...word(a), ...word(b)]
  throw new Error(`no TCP option is called ${name}`)
}
