/** TCP states and their timeouts as IPVS keeps them (net/netfilter/ipvs/ip_vs_proto_tcp.c). */
export const TcpState = {
  none: 0,
  established: 1,
  synSent: 2,
  synRecv: 3,
  finWait: 4,
  timeWait: 5,
  close: 6,
  closeWait: 7,
  lastAck: 8,
  listen: 9,
  synAck: 10,
} as const

export const TCP_STATE_NAMES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
]

/** Seconds, by state number. `--set tcp` replaces ESTABLISHED, `--set tcpfin` FIN_WAIT. */
export const TCP_TIMEOUTS_S = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120]

/** Counted in ActiveConn: ESTABLISHED, SYN_SENT, SYN_RECV, SYNACK (tcp_state_active_table). */
const ACTIVE = (1 << 1) | (1 << 2) | (1 << 3) | (1 << 10)

export const isActive = (state: number): boolean => ((ACTIVE >> state) & 1) === 1

/** Who sent the packet: the client, the real server, or the client while no reply ever passes here (gate, tunnel). */
export const Side = { input: 0, output: 1, inputOnly: 2 } as const

const CODES = ['NO', 'ES', 'SS', 'SR', 'FW', 'TW', 'CL', 'CW', 'LA', 'LI', 'SA']

/** From each state (rows in state order), the next one on syn fin ack rst, for input | output | input-only. */
const TRANSITIONS = [
  'SR CL ES CL | SS TW ES CL | SR CL ES CL',
  'ES CW ES CL | ES FW ES CL | ES FW ES CL',
  'ES SS SS CL | SS SS SS SS | ES SS SS CL',
  'SR TW ES SR | SR TW ES CL | SR TW ES SR',
  'SR TW FW CL | SS FW FW CL | SR FW FW CL',
  'SR TW TW CL | SS TW TW TW | SR TW TW CL',
  'SR CL CL CL | SS CL CL CL | SR CL CL CL',
  'SR CW CW CL | SS TW CW CL | SR CW CW CL',
  'SR LA CL LA | SS LA LA CL | SR LA CL LA',
  'SR LI LI LI | LI LI ES CL | SR LI LI LI',
  'SR TW ES SR | SR TW ES CL | SR TW ES CL',
]

/**
 * The same under secure_tcp, which believes a handshake later (tcp_states_dos): a SYN-RECV needs the server's answer
 * before the client's ACK counts, and SYNACK is left by nothing but the server or a reset.
 */
const SECURE_TRANSITIONS = [
  'SR CL ES CL | SS TW ES CL | SA CL ES CL',
  'ES CW ES CL | ES FW ES CL | ES FW ES CL',
  'ES SS SS CL | SS SS SS SS | ES SS SS CL',
  'SR TW SR SR | SA TW ES CL | SR TW ES SR',
  'SR TW FW CL | SS FW FW CL | SA FW FW CL',
  'SR TW TW CL | SS TW TW TW | SA TW TW CL',
  'SR CL CL CL | SS CL CL CL | SA CL CL CL',
  'SR CW CW CL | SS TW CW CL | SA CW CW CL',
  'SR LA CL LA | SS LA LA CL | SA LA CL LA',
  'SR LI LI LI | LI LI ES CL | SA LI LI LI',
  'SA SA SA CL | SA TW ES CL | SA TW ES CL',
]

/** Added to a side: the tables of secure_tcp. */
export const SECURE = 3

/** By ((secure x SECURE + side) x 16 + state) x 4 + event. */
export const NEXT_STATES = new Uint8Array(6 * 16 * 4)
for (const [secure, rows] of [TRANSITIONS, SECURE_TRANSITIONS].entries())
  for (const [from, row] of rows.entries())
    for (const [side, cells] of row.split(' | ').entries())
      for (const [event, code] of cells.split(' ').entries())
        NEXT_STATES[((secure * SECURE + side) * 16 + from) * 4 + event] = CODES.indexOf(code)

/** The event of a segment: rst, else syn, else fin, else ack (tcp_state_idx); -1 for none of them. */
function eventOf(flags: number): number {
  if (flags & 4) return 3
  if (flags & 2) return 0
  if (flags & 1) return 1
  return flags & 16 ? 2 : -1
}

/** The state after a segment with these flags; a segment with no flag that counts closes. */
export function nextState(state: number, side: number, flags: number): number {
  const event = eventOf(flags)
  return event < 0 ? TcpState.close : NEXT_STATES[(side * 16 + state) * 4 + event]
}
