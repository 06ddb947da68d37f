/**
 * A copy of every ICMP and ICMPv6 error that any interface receives (packet(7), classic BPF).
 *
 * Errors about a balanced connection are sent to addresses of this host; steering them by rules would take pings
 * and neighbour discovery along. So the host gets them as ever, and this socket hands out copies.
 */
import { addressOf, bind, check, setsockopt, socket } from './libc.js'

const AF_PACKET = 17
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const ETHERTYPE = { 4: 0x0800, 6: 0x86dd } as const
const SOL_SOCKET = 1
const SO_ATTACH_FILTER = 26

/** BPF instructions (linux/filter.h): code, jump if true, jump if false, operand. */
type Instruction = readonly [number, number, number, number]
const LOAD_WORD = 0x20
const LOAD_HALF = 0x28
const LOAD_BYTE = 0x30
const LOAD_BYTE_X = 0x50
const X_FROM_IHL = 0xb1
const JUMP_EQUAL = 0x15
const JUMP_GREATER = 0x25
const JUMP_SET = 0x45
const RETURN = 0x06
const WHOLE_PACKET = 0xffff
/** SKF_AD_OFF + SKF_AD_IFINDEX: the interface it came in by. */
const INTERFACE = 0xfffff008

/** Types 3, 4, 11 and 12, unfragmented. */
const ERRORS_V4: Instruction[] = [
  [LOAD_BYTE, 0, 0, 9],
  [JUMP_EQUAL, 0, 8, 1],
  [LOAD_HALF, 0, 0, 6],
  [JUMP_SET, 6, 0, 0x3fff],
  [X_FROM_IHL, 0, 0, 0],
  [LOAD_BYTE_X, 0, 0, 0],
  [JUMP_EQUAL, 4, 0, 3],
  [JUMP_EQUAL, 3, 0, 4],
  [JUMP_EQUAL, 2, 0, 11],
  [JUMP_EQUAL, 1, 0, 12],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE_PACKET],
]

/** Types 1 to 4 right behind the IPv6 header. */
const ERRORS_V6: Instruction[] = [
  [LOAD_BYTE, 0, 0, 6],
  [JUMP_EQUAL, 0, 3, 58],
  [LOAD_BYTE, 0, 0, 40],
  [JUMP_GREATER, 1, 0, 4],
  [JUMP_GREATER, 1, 0, 0],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE_PACKET],
]

/**
 * A non-blocking socket; each read(2) gives one packet from its IP header on. Packets that come in by the interface
 * `except` are not seen. Fails with permission (CAP_NET_RAW).
 */
export function openErrorTap(family: 4 | 6, except: number): number {
  const type = ETHERTYPE[family]
  const bigEndian = ((type & 0xff) << 8) | (type >>> 8)
  // Protocol 0: nothing is received before the filter stands.
  const fd = check(socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), 'socket for ICMP errors')
  attachFilter(fd, [
    [LOAD_WORD, 0, 0, INTERFACE],
    [JUMP_EQUAL, 0, 1, except],
    [RETURN, 0, 0, 0],
    ...(family === 4 ? ERRORS_V4 : ERRORS_V6),
  ])
  const address = new Uint8Array(20) // struct sockaddr_ll: family, protocol, any interface
  const view = new DataView(address.buffer)
  view.setUint16(0, AF_PACKET, true)
  view.setUint16(2, bigEndian, true)
  check(bind(fd, addressOf(address), address.length), 'bind of the socket for ICMP errors')
  return fd
}

function attachFilter(fd: number, program: Instruction[]): void {
  const code = new DataView(new ArrayBuffer(program.length * 8))
  program.forEach(([opcode, ifTrue, ifFalse, operand], i) => {
    code.setUint16(i * 8, opcode, true)
    code.setUint8(i * 8 + 2, ifTrue)
    code.setUint8(i * 8 + 3, ifFalse)
    code.setUint32(i * 8 + 4, operand, true)
  })
  const head = new DataView(new ArrayBuffer(16)) // struct sock_fprog: length, pointer
  head.setUint16(0, program.length, true)
  head.setBigUint64(8, BigInt(addressOf(code)), true)
  check(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, addressOf(head), 16), 'filter for ICMP errors')
}
