/** Who is at the other end of a Unix socket. */
import { addressOf, check, getsockopt } from './libc.js'

const SOL_SOCKET = 1
const SO_PEERCRED = 17

export interface PeerCredentials {
  pid: number
  uid: number
  gid: number
}

/** Credentials of the process that connected, as the kernel recorded them then (unix(7), struct ucred: pid uid gid). */
export function peerCredentials(fd: number): PeerCredentials {
  const ucred = new Int32Array(3)
  const length = new Uint32Array([ucred.byteLength])
  check(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, addressOf(ucred), addressOf(length)), 'SO_PEERCRED')
  return { pid: ucred[0], uid: ucred[1] >>> 0, gid: ucred[2] >>> 0 }
}
