/**
 * The memory that the BPF program shares with the engine, besides the connections: what scripts/bpf-layout.mjs writes
 * into bpf/layout.h. All numbers are 32-bit words.
 *
 *   config        0-8 keys of the tuple hash   9 places of the index - 1   10 destination slots   11 UDP timeout, ticks
 *                 12-27 TCP timeouts by state, ticks   28 ticks to add to the clock   29 LAYOUT
 *                 30-31 seed of the tuple hash   32-63 next TCP state, a byte for each (side x 16 + state) x 4 + event
 *   destination   0 1 while packets of its connections are carried   1 net moves to ActiveConn, folded in by the engine
 *   traffic       0 packets in   2 packets out   4 bytes in   6 bytes out, 64 bits each; by processor, then by slot
 */

/** Of all of it; rises with every change of what is shared, the record of a connection included. */
export const LAYOUT = 3

export const CONFIG_KEYS = 0
export const CONFIG_INDEX_MASK = 9
export const CONFIG_SLOTS = 10
export const CONFIG_UDP_TIMEOUT = 11
export const CONFIG_TCP_TIMEOUTS = 12
export const CONFIG_CLOCK = 28
export const CONFIG_LAYOUT = 29
export const CONFIG_SEED = 30
export const CONFIG_TCP_NEXT = 32
/** Two sides, 16 states, four events. */
export const TCP_NEXT_BYTES = 128
export const CONFIG_WORDS = 64

export const DESTINATION_ALIVE = 0
export const DESTINATION_ACTIVE = 1
export const DESTINATION_WORDS = 4

export const TRAFFIC_IN_PACKETS = 0
export const TRAFFIC_OUT_PACKETS = 2
export const TRAFFIC_IN_BYTES = 4
export const TRAFFIC_OUT_BYTES = 6
export const TRAFFIC_WORDS = 8

/** Entries of the index (hash, ref + 1) in an element of its map. */
export const ENTRIES_IN_LINE = 8
