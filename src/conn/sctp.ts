/** SCTP states and their timeouts as IPVS keeps them (net/netfilter/ipvs/ip_vs_proto_sctp.c). */
export const SctpState = {
  none: 0,
  init1: 1,
  init: 2,
  cookieSent: 3,
  cookieReplied: 4,
  cookieWait: 5,
  cookie: 6,
  cookieEchoed: 7,
  established: 8,
  shutdownSent: 9,
  shutdownReceived: 10,
  shutdownAckSent: 11,
  rejected: 12,
  closed: 13,
} as const

export const SCTP_STATE_NAMES = [
  'NONE',
  'INIT1',
  'INIT',
  'C-SENT',
  'C-REPLIED',
  'C-WAIT',
  'COOKIE',
  'C-ECHOED',
  'ESTABLISHED',
  'S-SENT',
  'S-RECEIVED',
  'S-ACK-SENT',
  'REJECTED',
  'CLOSED',
]

/** Seconds, by state number. */
export const SCTP_TIMEOUTS_S = [2, 4, 61, 61, 61, 61, 61, 61, 900, 61, 61, 61, 4, 61]

/** By chunk type: the event, a column of the tables below. Others count as DATA. */
const EVENTS = [0, 1, 2, 0, 0, 0, 9, 5, 6, 8, 3, 4, 0, 0, 7]

const CODES = ['NO', 'I1', 'IN', 'CS', 'CR', 'CW', 'CO', 'CE', 'ES', 'SS', 'SR', 'SA', 'RJ', 'CL']

/**
 * From each state (rows in state order), the next one on DATA, INIT, INIT-ACK, COOKIE-ECHO, COOKIE-ACK, SHUTDOWN,
 * SHUTDOWN-ACK, SHUTDOWN-COMPLETE, ERROR, ABORT; a dot stays.
 */
const INPUT = [
  'ES I1 CW CR ES SR CL CL CL CL',
  '.  IN CW IN .  .  IN CL .  CL',
  '.  .  CW .  .  .  .  CL .  CL',
  '.  .  .  CR .  .  .  .  .  CL',
  '.  .  .  .  .  .  .  .  .  CL',
  '.  .  CO .  .  .  .  .  .  RJ',
  '.  .  .  .  .  .  .  .  .  CL',
  '.  .  .  .  ES .  .  .  CL CL',
  '.  .  .  .  .  SR .  .  .  CL',
  '.  .  .  .  .  .  CL .  .  CL',
  '.  .  .  .  .  .  .  .  .  CL',
  '.  .  .  .  .  .  CL CL .  CL',
  '.  IN .  .  .  .  .  .  .  CL',
  '.  IN .  .  .  .  .  .  .  .',
]

const OUTPUT = [
  'ES CW CS CE ES SS SA CL CL CL',
  '.  CW CS CE ES SS SA .  CL RJ',
  '.  CW CS CE ES SS SA .  CL CL',
  '.  CW .  CE ES SS SA .  CL CL',
  '.  CW .  CE ES SS SA .  CL CL',
  '.  .  .  CE ES SS .  .  .  CL',
  '.  CW .  CE ES SS .  .  .  CL',
  '.  CW .  .  ES SS .  .  .  CL',
  '.  .  .  .  .  SS .  .  .  CL',
  '.  CW .  .  .  .  SA .  .  CL',
  '.  CW .  .  .  .  SA .  .  CL',
  '.  CW .  .  .  .  .  .  .  CL',
  '.  CW .  .  .  .  .  .  .  CL',
  '.  CW .  .  .  .  .  .  .  .',
]

const INPUT_ONLY = [
  'ES I1 CE ES ES SR CL CL CL CL',
  '.  IN CE ES .  .  IN CL .  CL',
  '.  .  CE ES .  .  .  CL .  CL',
  '.  IN CE ES ES .  .  CL .  CL',
  '.  IN CE ES ES .  .  CL .  CL',
  'ES IN CE ES .  .  .  .  .  RJ',
  '.  .  .  .  ES .  .  .  .  CL',
  '.  .  .  .  ES .  .  .  .  CL',
  '.  .  .  .  .  SR CL .  .  CL',
  '.  .  .  .  .  .  CL .  .  CL',
  '.  .  .  .  .  .  .  CL .  CL',
  '.  .  .  .  .  .  CL CL .  CL',
  '.  IN .  .  .  .  .  .  .  CL',
  '.  IN .  .  .  .  .  .  .  .',
]

/** [side][state][event], 16 by 16. */
const NEXT = new Uint8Array(3 * 256)
for (const [side, rows] of [INPUT, OUTPUT, INPUT_ONLY].entries())
  for (const [from, row] of rows.entries())
    for (const [event, code] of row.split(/ +/).entries())
      NEXT[(side << 8) | (from << 4) | event] = code === '.' ? from : CODES.indexOf(code)

/** The state after a packet whose deciding chunk is of this type; `side` as for TCP. */
export const nextState = (state: number, side: number, chunk: number): number =>
  NEXT[(side << 8) | (state << 4) | (chunk < EVENTS.length ? EVENTS[chunk] : 0)]
