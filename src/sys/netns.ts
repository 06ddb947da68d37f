/** Which network namespace this is, for as long as the machine runs: inode numbers are soon given to the next one. */
import { closeSync } from 'node:fs'
import { bootId, netnsInode } from './host.js'
import { addressOf, check, getsockopt, socket } from './libc.js'

const AF_UNIX = 1
const SOCK_DGRAM_CLOEXEC = 0o2000002
const SOL_SOCKET = 1
/** Linux 5.14 (include/uapi/asm-generic/socket.h). */
const SO_NETNS_COOKIE = 71

/** `BOOT-COOKIE`; on older kernels `BOOT-iINODE`, which a later namespace may have as well. */
export function netnsIdentity(): string {
  const fd = check(socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0), 'socket')
  try {
    const cookie = new BigUint64Array(1)
    const length = new Uint32Array([cookie.byteLength])
    const answer = getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, addressOf(cookie), addressOf(length))
    return `${bootId()}-${answer === 0 ? cookie[0] : `i${netnsInode()}`}`
  } finally {
    closeSync(fd)
  }
}
