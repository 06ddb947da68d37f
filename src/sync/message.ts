/**
 * The messages by which directors tell each other of connections: those of IPVS (net/netfilter/ipvs/ip_vs_sync.c), so that
 * a kernel's LVS may be the other side.
 *
 *   version 1, big-endian; each entry begins at a multiple of four:
 *
 *     header   0 zero | 1 syncid | 2-3 size | 4 entries | 5 version 1 | 6-7 zero
 *     entry    0 kind (bit 0: IPv6) | 1 protocol | 2-3 entry version 0 and size | 4-7 flags | 8-9 state
 *              10-11 client port | 12-13 virtual port | 14-15 real server port | 16-19 mark | 20-23 timeout, seconds
 *              24   client, virtual and real server address, 4 or 16 bytes each; then options: type, length, value
 *
 *   version 0, IPv4 alone: header of 4 bytes, entries of 24, 48 with sequence data; it is read, never written.
 *
 * A translated source has no place in IPVS's entries. It travels in an option of our own, which a kernel passes over:
 *
 *     0x60     0-1 flags (1: a port of a pool) | 2-3 source port | 4-7 and 8-11 what sequence numbers and timestamps are
 *              moved by | 12 source address, 4 or 16 bytes
 *
 * Bytes in, entries out, and back; nothing is trusted in what is read.
 */
import { MAPPED, type Words } from '../address/words.js'
import type { SyncEntry, SyncSource } from '../engine/data-plane.js'

export const HEADER = 8
const VERSION = 1
const ENTRY = 24
const ADDRESSES = 3
const V0_HEADER = 4
const V0_ENTRY = 24
const V0_SEQUENCE = 24
/** As many as the header's byte can count. */
export const MAX_ENTRIES = 255

/** IP_VS_CONN_F_* (linux/ip_vs.h). */
const Flag = {
  method: 7,
  noOutput: 0x80,
  inactive: 0x100,
  sequence: 0x600,
  noClientPort: 0x800,
  template: 0x1000,
} as const
/** IP_VS_CONN_F_LOCALNODE and IP_VS_CONN_F_BYPASS. */
const LOCAL = 1
const BYPASS = 4

/** IPVS_OPT_*; MAY_SKIP (IPVS_OPT_F_PARAM): who does not know the option passes over it. */
const Option = { sequence: 1, engineData: 2, engineName: 3 } as const
const MAY_SKIP = 0x40
const SOURCE = MAY_SKIP | 0x20
const SOURCE_FIXED = 12
const POOLED = 1

export interface Message {
  syncId: number
  entries: SyncEntry[]
  /** Entries that cannot be taken: unknown to this director, or wrong in themselves. */
  skipped: number
}

const addressBytes = (family: 4 | 6): number => (family === 4 ? 4 : 16)
const sourceBytes = ({ family, source }: SyncEntry): number =>
  source === null ? 0 : 2 + SOURCE_FIXED + addressBytes(family)

const sizeOf = (entry: SyncEntry): number => ENTRY + ADDRESSES * addressBytes(entry.family) + sourceBytes(entry)
const padded = (size: number): number => (size + 3) & ~3

/** The entries as messages of at most `maxLength` bytes each, but for one entry that is longer alone. */
export function encode(syncId: number, entries: readonly SyncEntry[], maxLength: number): Buffer[] {
  const messages: Buffer[] = []
  for (let from = 0; from < entries.length; ) {
    const { end, size } = fill(entries, from, maxLength)
    messages.push(message(syncId, entries.slice(from, end), size))
    from = end
  }
  return messages
}

/** How many entries from `from` on fit, and the size of their message. */
function fill(entries: readonly SyncEntry[], from: number, maxLength: number): { end: number; size: number } {
  let size = HEADER
  let end = from
  for (; end < entries.length && end - from < MAX_ENTRIES; end++) {
    const next = padded(size) + sizeOf(entries[end])
    if (next > maxLength && end > from) break
    size = next
  }
  return { end, size }
}

function message(syncId: number, entries: readonly SyncEntry[], size: number): Buffer {
  const bytes = Buffer.alloc(size)
  bytes[1] = syncId
  bytes.writeUInt16BE(size, 2)
  bytes[4] = entries.length
  bytes[5] = VERSION
  let at = HEADER
  for (const entry of entries) {
    writeEntry(bytes, at, entry)
    at = padded(at + sizeOf(entry))
  }
  return bytes
}

function writeEntry(bytes: Buffer, at: number, entry: SyncEntry): void {
  const { family, clientPort, virtualPort, realPort } = entry
  bytes[at] = family === 6 ? 1 : 0
  bytes[at + 1] = entry.protocol
  bytes.writeUInt16BE(sizeOf(entry), at + 2)
  bytes.writeUInt32BE(flagsOf(entry), at + 4)
  bytes.writeUInt16BE(entry.state, at + 8)
  for (const [i, port] of [clientPort, virtualPort, realPort].entries()) bytes.writeUInt16BE(port, at + 10 + 2 * i)
  bytes.writeUInt32BE(entry.fwmark, at + 16)
  bytes.writeUInt32BE(entry.timeoutS, at + 20)
  let next = at + ENTRY
  for (const address of [entry.client, virtualOnWire(entry), entry.real])
    next = writeAddress(bytes, next, family, address)
  if (entry.source !== null) writeSource(bytes, next, family, entry.source)
}

function writeSource(bytes: Buffer, at: number, family: 4 | 6, source: SyncSource): void {
  bytes[at] = SOURCE
  bytes[at + 1] = SOURCE_FIXED + addressBytes(family)
  bytes.writeUInt16BE(source.pooled ? POOLED : 0, at + 2)
  bytes.writeUInt16BE(source.port, at + 4)
  bytes.writeInt32BE(source.sequenceShift, at + 6)
  bytes.writeInt32BE(source.timestampShift, at + 10)
  writeAddress(bytes, at + 2 + SOURCE_FIXED, family, source.address)
}

function writeAddress(bytes: Buffer, at: number, family: 4 | 6, words: Words): number {
  for (const [i, word] of (family === 4 ? words.slice(3) : words).entries()) bytes.writeInt32BE(word, at + 4 * i)
  return at + addressBytes(family)
}

const flagsOf = ({ method, noOutput, inactive, template }: SyncEntry): number =>
  method | (noOutput ? Flag.noOutput : 0) | (inactive ? Flag.inactive : 0) | (template ? Flag.template : 0)

/** Templates of a mark have it as their virtual address: IPVS in the first word, the engine in the last. */
const virtualOnWire = ({ family, protocol, virtual }: SyncEntry): Words =>
  family === 6 && protocol === 0 ? turned(virtual) : virtual

const turned = ([a, b, c, d]: Words): Words => [d, c, b, a]

/** null: no message of either version, or one that cannot be read to its end. Nothing of such a one is taken. */
export function decode(bytes: Buffer): Message | null {
  if (bytes.length < V0_HEADER || bytes.readUInt16BE(2) !== bytes.length) return null
  if (bytes[0] !== 0 || bytes.length < HEADER) return decodeV0(bytes)
  if (bytes[5] !== VERSION || bytes.readUInt16BE(6) !== 0) return null
  const message: Message = { syncId: bytes[1], entries: [], skipped: 0 }
  let at = HEADER
  for (let i = 0; i < bytes[4]; i++) {
    const end = endOf(bytes, at)
    if (end < 0) return null
    const entry = readEntry(bytes.subarray(at, end))
    if (entry === null) return null
    if (entry === SKIP) message.skipped++
    else message.entries.push(entry)
    at = padded(end)
  }
  return message
}

/** Where the entry at `at` ends; -1 if it is not whole, or of another version. */
function endOf(bytes: Buffer, at: number): number {
  if (at + ENTRY > bytes.length) return -1
  const word = bytes.readUInt16BE(at + 2)
  const size = word & 0xfff
  const least = ENTRY + ADDRESSES * addressBytes(bytes[at] & 1 ? 6 : 4)
  return word >>> 12 !== 0 || size < least || at + size > bytes.length ? -1 : at + size
}

const SKIP = Symbol('an entry that is left out')

/** null: its options cannot be read, so that nothing behind it can be trusted. */
function readEntry(bytes: Buffer): SyncEntry | typeof SKIP | null {
  const family = bytes[0] & 1 ? 6 : 4
  const length = addressBytes(family)
  const [client, virtual, real] = [0, 1, 2].map((i) => readAddress(bytes, ENTRY + i * length, family))
  const options = readOptions(bytes, ENTRY + ADDRESSES * length, family)
  if (options === null) return null
  const flags = readFlags(bytes.readUInt32BE(4))
  if (flags === null || options === SKIP) return SKIP
  const entry: SyncEntry = {
    family,
    protocol: bytes[1],
    ...flags,
    state: bytes.readUInt16BE(8),
    client,
    clientPort: bytes.readUInt16BE(10),
    virtual,
    virtualPort: bytes.readUInt16BE(12),
    real,
    realPort: bytes.readUInt16BE(14),
    fwmark: bytes.readUInt32BE(16),
    timeoutS: bytes.readUInt32BE(20),
    source: options.source,
  }
  return family === 6 && entry.protocol === 0 ? { ...entry, virtual: turned(virtual) } : entry
}

type Flags = Pick<SyncEntry, 'method' | 'noOutput' | 'inactive' | 'template'>

/** null: of a kind that is not here (a client port not known yet, as FTP's; past every real server). */
function readFlags(flags: number): Flags | null {
  const method = flags & Flag.method
  if ((flags & Flag.noClientPort) !== 0 || method >= BYPASS) return null
  return {
    method: method === LOCAL ? 0 : method,
    noOutput: (flags & Flag.noOutput) !== 0,
    inactive: (flags & Flag.inactive) !== 0,
    template: (flags & Flag.template) !== 0,
  }
}

/** SKIP: there is one that must be understood and is not. null: they do not end where the entry ends. */
function readOptions(bytes: Buffer, from: number, family: 4 | 6): { source: SyncSource | null } | typeof SKIP | null {
  let source: SyncSource | null = null
  let isKnown = true
  for (let at = from; at < bytes.length; ) {
    if (at + 2 > bytes.length || bytes[at + 1] === 0 || at + 2 + bytes[at + 1] > bytes.length) return null
    const type = bytes[at]
    const value = bytes.subarray(at + 2, at + 2 + bytes[at + 1])
    if (type === SOURCE && value.length === SOURCE_FIXED + addressBytes(family)) source = readSource(value, family)
    else if ((type & MAY_SKIP) === 0) isKnown &&= type === Option.sequence && isUnmoved(value)
    at += 2 + value.length
  }
  return isKnown ? { source } : SKIP
}

/** The sequence data of IPVS's own FTP: of no use where nothing is moved, and not to be had otherwise. */
const isUnmoved = (value: Buffer): boolean =>
  value.length === V0_SEQUENCE && [4, 8, 16, 20].every((at) => value.readUInt32BE(at) === 0)

const readSource = (value: Buffer, family: 4 | 6): SyncSource => ({
  pooled: (value.readUInt16BE(0) & POOLED) !== 0,
  port: value.readUInt16BE(2),
  sequenceShift: value.readInt32BE(4),
  timestampShift: value.readInt32BE(8),
  address: readAddress(value, SOURCE_FIXED, family),
})

function readAddress(bytes: Buffer, at: number, family: 4 | 6): Words {
  if (family === 4) return [0, 0, MAPPED, bytes.readInt32BE(at)]
  return [0, 4, 8, 12].map((i) => bytes.readInt32BE(at + i)) as unknown as Words
}

/** Its first byte counts the entries, and its header has no version. */
function decodeV0(bytes: Buffer): Message | null {
  const message: Message = { syncId: bytes[1], entries: [], skipped: 0 }
  let at = V0_HEADER
  for (let i = 0; i < bytes[0]; i++) {
    if (at + V0_ENTRY > bytes.length) return null
    const word = bytes.readUInt16BE(at + 20)
    const end = at + V0_ENTRY + (word & Flag.sequence ? V0_SEQUENCE : 0)
    if (end > bytes.length) return null
    const flags = readFlags(word)
    if (flags === null || !isUnmovedV0(bytes, at + V0_ENTRY, end)) message.skipped++
    else message.entries.push(readV0(bytes, at, flags))
    at = end
  }
  return message
}

const isUnmovedV0 = (bytes: Buffer, at: number, end: number): boolean =>
  at === end || isUnmoved(bytes.subarray(at, end))

/** It says nothing of time, nor of marks. */
const readV0 = (bytes: Buffer, at: number, flags: Flags): SyncEntry => ({
  family: 4,
  protocol: bytes[at + 1],
  ...flags,
  state: bytes.readUInt16BE(at + 22),
  client: readAddress(bytes, at + 8, 4),
  clientPort: bytes.readUInt16BE(at + 2),
  virtual: readAddress(bytes, at + 12, 4),
  virtualPort: bytes.readUInt16BE(at + 4),
  real: readAddress(bytes, at + 16, 4),
  realPort: bytes.readUInt16BE(at + 6),
  fwmark: 0,
  timeoutS: 0,
  source: null,
})
