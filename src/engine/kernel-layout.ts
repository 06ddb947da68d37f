/**
 * The memory that the BPF program shares with the engine, besides the connections: what scripts/bpf-layout.mjs writes
 * into bpf/layout.h. All numbers are 32-bit words.
 *
 *   config        0-8 keys of the tuple hash   9 places of the index - 1   10 destination slots   11 UDP timeout, ticks
 *                 12-27 TCP timeouts by state, ticks   28 ticks to add to the clock   29 LAYOUT
 *                 30-31 seed of the tuple hash
 *                 64 1 while connections are opened   65 which of the two born tables takes entries
 *                 69 records in the connection table   70 odd while the index is changed   71 1 while the engine opens
 *                 80-127 next TCP state, a byte for each (side x 16 + state) x 4 + event
 *                 66 places of the service index - 1   67 handles in a ring - 1   68 bit 0: a SYN may take the place of a connection that
 *                 has ended, bit 1: every SYN is the engine's,
 *                 bit 2: of a connection by gate also in FIN_WAIT
 *   destination   0 1 while packets of its connections are carried   1 net moves to ActiveConn, folded in by the engine
 *                 2 slot + 1 of the service that it takes new connections of, 0 none   3 its port, 0 the client's
 *                 4-7 its address   8 Source   9-10 first and last port of the pool, 0 any   12-15 address of the pool
 *                 11 where the next search for a port begins   17 last word of the pool's last address (IPv4)
 *                 18 1 where a client keeps its address of the pool   16 until this tick ports in TIME_WAIT are taken early
 *   traffic       0 packets in   2 packets out   4 bytes in   6 bytes out, 64 bits each; by processor, then by slot
 *   service       by slot: 0-3 address   4 port   5 protocol   6 Choice   7-8 first and number of its turns
 *                 9 turns taken (both sides count)   10 1 where the client's port counts (sh-port)
 *                 11-14 mask of the clients that share a template
 *   turns         destination slots, -1 for what the engine decides
 *   ring          by processor: 0 handles taken (the program counts)   1 handles offered (the engine counts)
 *                 16... the handles
 *   born          two tables of hash and ref + 1, open addressing, filled by the program alone; the engine empties the one
 *                 that takes no entries once all in it are adopted
 *   ended         src/conn/tuple-memory.ts
 *   blocked       a bit for each port that is no source port: TCP, then UDP
 */

/** Of all of it; rises with every change of what is shared, the record of a connection included. */
export const LAYOUT = 4

export const CONFIG_KEYS = 0
export const CONFIG_INDEX_MASK = 9
export const CONFIG_SLOTS = 10
export const CONFIG_UDP_TIMEOUT = 11
export const CONFIG_TCP_TIMEOUTS = 12
export const CONFIG_CLOCK = 28
export const CONFIG_LAYOUT = 29
export const CONFIG_SEED = 30
export const CONFIG_TCP_NEXT = 80
/** Three sides, 16 states, four events. */
export const TCP_NEXT_BYTES = 192
export const CONFIG_OPENS = 64
export const CONFIG_BORN = 65
export const CONFIG_SERVICE_MASK = 66
export const CONFIG_RING_MASK = 67
export const CONFIG_REUSES = 68
export const CONFIG_CAPACITY = 69
export const CONFIG_INDEX_VERSION = 70
export const CONFIG_OPENING = 71
/** With room for any index of three sides that fits in a byte. */
export const CONFIG_WORDS = 160

export const DESTINATION_ALIVE = 0
export const DESTINATION_ACTIVE = 1
export const DESTINATION_OPENS = 2
export const DESTINATION_PORT = 3
export const DESTINATION_ADDRESS = 4
export const DESTINATION_SOURCE = 8
export const DESTINATION_FROM = 9
export const DESTINATION_TO = 10
export const DESTINATION_CURSOR = 11
export const DESTINATION_POOL = 12
export const DESTINATION_EARLY = 16
export const DESTINATION_LAST = 17
export const DESTINATION_KEEPS = 18
export const DESTINATION_WORDS = 20

/**
 * Of a new connection: its client's own address and port, an address of the director's and a port of its pool, or, by gate,
 * nothing that anybody changes.
 */
export const SOURCE_OWN = 0
export const SOURCE_POOL = 1
export const SOURCE_UNTOUCHED = 2

export const TRAFFIC_IN_PACKETS = 0
export const TRAFFIC_OUT_PACKETS = 2
export const TRAFFIC_IN_BYTES = 4
export const TRAFFIC_OUT_BYTES = 6
export const TRAFFIC_WORDS = 8

/** Entries of the index (hash, ref + 1) in an element of its map. */
export const ENTRIES_IN_LINE = 8

export const SERVICE_ADDRESS = 0
export const SERVICE_PORT = 4
export const SERVICE_PROTOCOL = 5
export const SERVICE_CHOICE = 6
export const SERVICE_TURNS = 7
export const SERVICE_TURNS_COUNT = 8
export const SERVICE_TURNS_TAKEN = 9
export const SERVICE_BY_PORT = 10
export const SERVICE_MASK = 11
export const SERVICE_WORDS = 16
/** Services that the memory has room for. */
export const SERVICES_MOST = 16_384

/** What SERVICE_CHOICE says: the engine's; the next turn; the turn of the client's hash, by sh or by mh; its template's. */
export const CHOICE_ENGINE = 0
export const CHOICE_TURN = 1
export const CHOICE_SOURCE = 2
export const CHOICE_MAGLEV = 3
export const CHOICE_TEMPLATE = 4

/** Turns in an element of their map, and in all. */
export const TURNS_IN_LINE = 16
export const TURNS_MOST = 1 << 20

export const RING_TAKEN = 0
export const RING_OFFERED = 1
export const RING_HANDLES = 16
export const RING_MOST = 1 << 15
export const RING_WORDS = RING_HANDLES + RING_MOST

/** Entries of one born table. */
export const BORN_MOST = 1 << 17

/** Words of one protocol's bits. */
export const BLOCKED_WORDS = 2048
