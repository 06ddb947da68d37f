/** Packets and translations for property tests, rich in the words where ones' complement has its edges. */
import fc from 'fast-check'
import {
  type Built,
  type Checksum,
  type Extension,
  type Ip,
  icmp,
  other,
  type Segment,
  sctp,
  tcp,
  udp,
} from './build.js'

/** 16 bits, often 0 or 0xffff. */
export const word16 = fc.oneof(fc.constantFrom(0, 1, 0xfffe, 0xffff), fc.integer({ min: 0, max: 0xffff }))

export const address4 = fc
  .tuple(word16, word16)
  .map(([high, low]) => [high >>> 8, high & 255, low >>> 8, low & 255].join('.'))

export const address6 = fc
  .array(word16, { minLength: 8, maxLength: 8 })
  .filter((words) => words.slice(0, 5).some((w) => w !== 0) || words[5] !== 0xffff) // no IPv4-mapped ones
  .map((words) => words.map((w) => w.toString(16)).join(':'))

export interface Endpoints {
  source: string
  sourcePort: number
  destination: string
  destinationPort: number
}

export const endpoints = (family: 4 | 6): fc.Arbitrary<Endpoints> => {
  const address = family === 4 ? address4 : address6
  return fc.record({ source: address, sourcePort: word16, destination: address, destinationPort: word16 })
}

export const written = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`

const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const wordAligned = fc.array(fc.nat(255), { maxLength: 9 }).map((list) => list.slice(0, list.length & ~3))

const extension: fc.Arbitrary<Extension> = fc.oneof(
  fc.constant<Extension>({ kind: 'destination', body: [1, 12, 0, 0, 0, 0] }),
  // Routing with no segments left; an atomic fragment.
  fc.constant<Extension>({ kind: 'routing', body: [2, 0] }),
  fc.constant<Extension>({ kind: 'fragment', body: [0, 0, 0, 0, 0, 9] }),
)

export type Kind = 'tcp' | 'udp' | 'sctp' | 'icmp' | 'other'
export const family = fc.constantFrom<4 | 6>(4, 6)
const kind = fc.constantFrom<Kind>('tcp', 'tcp', 'udp', 'udp', 'sctp', 'icmp', 'other')

export interface Sample {
  built: Built
  kind: Kind
  /** Offset of the transport header in the packet. */
  transport: number
  checksum: Checksum
}

const SOUND: Checksum[] = ['right', 'right', 'partial', 'none']

/** A well-formed packet of any kind, with a checksum of one of these sorts where its protocol knows it. */
export const sample = (of: 4 | 6, checksums: Checksum[] = SOUND): fc.Arbitrary<Sample> =>
  fc
    .record({
      kind,
      ends: endpoints(of),
      ttl: fc.integer({ min: 1, max: 254 }),
      options: wordAligned,
      extensions: fc.array(extension, { maxLength: 3 }),
      payload: bytes(70),
      checksum: fc.constantFrom(...checksums),
      tcpOptions: fc.array(fc.nat(255), { maxLength: 40 }),
    })
    .map(({ kind, ends, options, extensions, checksum, tcpOptions, ...rest }) => {
      const mode = allowed(kind, checksum)
      const from = written(ends.source, ends.sourcePort)
      const to = written(ends.destination, ends.destinationPort)
      const ip: Ip = of === 4 ? { from, to, options } : { from, to, extensions }
      const built = build(kind, { ...ip, ...rest, checksum: mode }, tcpOptions)
      const chain = extensions.reduce((length, e) => length + Math.ceil((2 + (e.body ?? []).length) / 8) * 8, 0)
      return { built, kind, checksum: mode, transport: of === 4 ? 20 + options.length : 40 + chain }
    })

/** Only UDP knows "none"; SCTP's and ICMP's are never partial. */
function allowed(kind: Kind, checksum: Checksum): Checksum {
  if (kind === 'other') return 'right'
  if (checksum === 'none') return kind === 'udp' ? 'none' : 'right'
  return checksum === 'partial' && kind !== 'tcp' && kind !== 'udp' ? 'right' : checksum
}

function build(kind: Kind, words: Segment, tcpOptions: number[]): Built {
  if (kind === 'tcp') return tcp({ ...words, flags: 'A', tcpOptions })
  if (kind === 'udp') return udp(words)
  if (kind === 'sctp') return sctp(words)
  if (kind === 'icmp') return icmp({ ...words, type: words.from.startsWith('[') ? 128 : 8, rest: 0x0007_0001 })
  return other(words, 89)
}
