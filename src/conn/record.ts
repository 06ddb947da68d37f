/**
 * The layout of a connection: a record of 32 words, 128 bytes, two cache lines in one Int32Array, and a cold part of 16
 * words in a region of its own behind all records, for the few connections that need more than their tuple.
 *
 *   word  0      kind (bits 0-7) | state (8-15) | flags (16-28) | method (29-30); 0 is free. Written last, cleared first:
 *                whatever moment the process dies at, a record is whole or free.
 *   words 1-8    client address, virtual address      the packet as the client sends it
 *   words 9-16   real server address, source address  the packet as the real server sends it (masq alone)
 *   word  17     client port << 16 | virtual port
 *   word  18     real server port << 16 | source port
 *   word  19     destination slot, -1 when the real server is unknown      (this process only)
 *   word  20     service slot                                             (this process only)
 *   word  21     expires, tick
 *   word  22     timeout of its state, ticks
 *   words 23-25  timer list: next, previous (handle + 1), tick it was filed under (this process only)
 *                while it is born: 23-24 the connections it supersedes, by request and by reply (handle + 1); 25 is 0
 *   word  26     controlling connection (handle + 1), 0 none
 *   word  27     connections it controls
 *   word  28     packets from the client, saturating at 2^31 - 1
 *   word  29     made at, tick
 *   word  30     of a free record: the next free one (handle + 1)         (this process only)
 *                of a live one: what other directors know of it, 0 nothing (engine/sync-due.ts)
 *                while it is born: the length of its first packet
 *   word  31     the firewall mark of its service, 0 none
 *
 * The cold part, of full-NAT's repair (engine/repair.ts):
 *
 *   words 0-1    what the client's sequence numbers and timestamps are moved by towards the server
 *   words 2-3    the end of the client's sequence and its last timestamp, as the server sees them; 0 unknown
 *   word  10     the end of the server's sequence; 0 unknown
 *   word  11     whose ends are acknowledged (Settled)
 *
 * and of applications (engine/application): words 4-9 how numbers have moved, each way; word 12 what it was asked for. Of a
 * template that is found by a text: word 0, the text's slot + 1.
 *
 * One array of records, not one array per field: with a million connections a packet touches two lines, not twelve.
 * The record is also the translation: request = words 13-16, 9-12, word 18 swapped; reply = words 5-8, 1-4, word 17 swapped.
 */
export const RECORD_WORDS = 32
/** Words of the cold part; written and read only while Flag.cold is set, zero again when the record is given back. */
export const COLD_WORDS = 16
export const CONNECTION_BYTES = (RECORD_WORDS + COLD_WORDS) * 4

export const META = 0
export const CLIENT = 1
export const VIRTUAL = 5
export const REAL = 9
export const SOURCE_ADDRESS = 13
export const CLIENT_PORTS = 17
export const REAL_PORTS = 18
export const DESTINATION_SLOT = 19
export const SERVICE_SLOT = 20
export const EXPIRES = 21
export const TIMEOUT = 22
export const TIMER_NEXT = 23
export const TIMER_PREVIOUS = 24
export const TIMER_TICK = 25
export const CONTROL = 26
export const CONTROLLED = 27
export const IN_PACKETS = 28
export const CREATED = 29
/** Of a connection that is born. */
export const SUPERSEDED_REQUEST = 23
export const SUPERSEDED_REPLY = 24
export const FIRST_LENGTH = 30
export const NEXT_FREE = 30
export const TOLD = 30
export const MARK = 31

/** In the cold part. */
export const SEQUENCE_SHIFT = 0
export const TIMESTAMP_SHIFT = 1
export const CLIENT_END = 2
export const CLIENT_STAMP = 3
export const SERVER_END = 10
export const SETTLED = 11
/** Three words each of engine/application/numbers.ts, and what the application keeps. */
export const IN_NUMBERS = 4
export const OUT_NUMBERS = 7
export const APPLICATION_STATE = 12
/** Of a template: its text (slot + 1), by which and not by its client it is found; then the client is in SOURCE_ADDRESS. */
export const TEXT = 0

/** Whose end, FIN included, the other side has acknowledged. */
export const Settled = { clientEnd: 1, serverEnd: 2, both: 3 } as const

/** Directions, also the low bit of a ref. */
export const REQUEST = 0
export const REPLY = 1

/** Added to the protocol to make the kind of a persistence template: a bit that TCP, UDP, SCTP and 0 do not have. */
export const TEMPLATE_KIND = 0x40
/** Added to TCP to make the kind of a connection that is foretold and has not begun (engine/expectations.ts). */
export const EXPECTED_KIND = 0x20
/** Added to a template's kind where it is found by a text: CLIENT then holds four words made of that. */
export const TEXT_KIND = 0x20
export const isFoundByText = (meta: number): boolean => (meta & TEMPLATE_KIND) !== 0 && (meta & TEXT_KIND) !== 0
/** IPPROTO_TCP with it. */
export const EXPECTED_TCP = 6 + EXPECTED_KIND
export const protocolOf = (meta: number): number => meta & 0xff & ~(TEMPLATE_KIND | EXPECTED_KIND)

/** The forwarding method, bits 29-30, in IPVS's numbers: 0 is masq. */
const METHOD_SHIFT = 29
export const metaOfMethod = (method: number): number => method << METHOD_SHIFT
export const methodOf = (meta: number): number => (meta >> METHOD_SHIFT) & 3

/** Whether packets come back by the tuple of words 9-16: not to a template, and past the director in gate and tunnel. */
export const hasReplies = (meta: number): boolean => (meta & TEMPLATE_KIND) === 0 && methodOf(meta) === 0

export const Flag = {
  live: 1 << 16,
  /** Counted in InActConn, not in ActiveConn (IP_VS_CONN_F_INACTIVE). */
  inactive: 1 << 17,
  /** The source port was taken from the port allocator and goes back to it. */
  pooled: 1 << 18,
  /** The real server sees another source than the client's. */
  translated: 1 << 19,
  /** No packet of the real server has passed here (IP_VS_CONN_F_NOOUTPUT: gate, tunnel). */
  noOutput: 1 << 20,
  /** A template that a finished handshake has confirmed. */
  assured: 1 << 21,
  /** Its cold part is in use: `ConnectionTable.coldBase`. */
  cold: 1 << 22,
  /** Its text speaks of addresses: engine/application. */
  application: 1 << 23,
  /** Made by the program in the kernel, and not yet the engine's (engine/kernel-births.ts). */
  born: 1 << 24,
  /** Its tuple belongs to a connection that was made in its place: it is met no more, and ends with that one's adoption. */
  superseded: 1 << 25,
} as const

export const STATE_SHIFT = 8
export const stateOf = (meta: number): number => (meta >> STATE_SHIFT) & 0xff
export const withState = (meta: number, state: number): number =>
  (meta & ~(0xff << STATE_SHIFT)) | (state << STATE_SHIFT)

/** Time inside a record: ticks of 16 ms, compared by wrapping subtraction (400 days either way). */
export const TICK_MS = 16
export const toTick = (ms: number): number => Math.floor(ms / TICK_MS) | 0
export const ticksOf = (ms: number): number => Math.max(1, Math.round(ms / TICK_MS))
