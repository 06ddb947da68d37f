/**
 * System calls, through koffi: the only folder that imports it.
 *
 * Promises: every call either succeeds or fails with a Failure of one line that names the call, its object and the
 * kernel's reason; the calls of the packet path (read, write, sendto, ppoll) return the plain number instead and allocate nothing.
 * Struct layouts stand in layout.ts. It never knows what a packet, a service or a rule of fullnat is.
 */
import { getSystemErrorMap } from 'node:util'
import koffi from 'koffi'
import { Failure, type FailureCode } from '../failure/failure.js'

const libc = koffi.load(null)

type Call3 = (a: number, b: number, c: number) => number

/** read(2) and write(2): buffers are addresses from `addressOf`. -1 and `errno()` on failure. */
export const read = libc.func('read', 'long', ['int', 'uintptr_t', 'size_t']) as Call3
export const write = libc.func('write', 'long', ['int', 'uintptr_t', 'size_t']) as Call3
export const ioctl = libc.func('ioctl', 'int', ['int', 'ulong', 'uintptr_t']) as Call3
export const socket = libc.func('socket', 'int', ['int', 'int', 'int']) as Call3
export const bind = libc.func('bind', 'int', ['int', 'uintptr_t', 'uint']) as Call3
export const getsockopt = libc.func('getsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uintptr_t']) as (
  fd: number,
  level: number,
  name: number,
  value: number,
  length: number,
) => number
export const setsockopt = libc.func('setsockopt', 'int', ['int', 'int', 'int', 'uintptr_t', 'uint']) as (
  fd: number,
  level: number,
  name: number,
  value: number,
  length: number,
) => number
export const mmap = libc.func('mmap', 'uintptr_t', ['uintptr_t', 'size_t', 'int', 'int', 'int', 'long']) as (
  address: number,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => number | bigint

/** sendto(2): descriptor, message, its length, flags, address, its length. */
export const sendto = libc.func('sendto', 'long', ['int', 'uintptr_t', 'size_t', 'int', 'uintptr_t', 'uint']) as (
  fd: number,
  message: number,
  length: number,
  flags: number,
  address: number,
  addressLength: number,
) => number

export const madvise = libc.func('madvise', 'int', ['uintptr_t', 'size_t', 'int']) as Call3

/** sched_yield(2). */
export const yieldProcessor = libc.func('sched_yield', 'int', []) as () => number

/** ppoll(2): struct pollfd[], its length, struct timespec, signal mask or 0. Above zero: one is ready. */
export const ppoll = libc.func('ppoll', 'int', ['uintptr_t', 'ulong', 'uintptr_t', 'uintptr_t']) as (
  fds: number,
  count: number,
  timespec: number,
  signals: number,
) => number

/** errno of the last call made through koffi on this thread. */
export const errno = (): number => koffi.errno()

/** Where a buffer lies; holds while the buffer lives (koffi hands the backing store itself to the call). */
export const addressOf = (buffer: ArrayBuffer | SharedArrayBuffer | ArrayBufferView): number =>
  Number(koffi.address(buffer))

const errors = getSystemErrorMap()

/** 'EPERM' and 'operation not permitted' of an errno. */
function errnoText(number: number): { name: string; text: string } {
  const [name, text] = errors.get(-number) ?? [`errno ${number}`, 'unknown error']
  return { name, text }
}

const { EPERM, EACCES } = koffi.os.errno

/** The Failure of a call that just failed: permission where the kernel says so, else internal. */
export function systemFailure(what: string, number = errno()): Failure {
  const { name, text } = errnoText(number)
  const code: FailureCode = number === EPERM || number === EACCES ? 'permission' : 'internal'
  return new Failure(code, `${what}: ${text} (${name})`, { errno: name })
}

/** The result of a call, or the Failure that tells why it is negative. */
export function check(result: number, what: string): number {
  if (result < 0) throw systemFailure(what)
  return result
}
