/**
 * io_uring over one file: many reads and writes by one system call (io_uring(7)).
 *
 * An operation is prepared once and submitted by its number as often as wanted; only its span may change between.
 * The rings are shared memory: pushing and taking are plain stores and loads, `enter` is the only call.
 */
import { closeSync } from 'node:fs'
import {
  CQE_RESULT,
  CQE_SIZE,
  SQE_ADDRESS,
  SQE_FD,
  SQE_FLAGS,
  SQE_LENGTH,
  SQE_OPCODE,
  SQE_RW_FLAGS,
  SQE_SIZE,
  SQE_USER_DATA,
  URING_CQ_OFFSETS,
  URING_CQES,
  URING_HEAD,
  URING_PARAMS_FLAGS,
  URING_PARAMS_WORDS,
  URING_SQ_ARRAY,
  URING_SQ_OFFSETS,
  URING_TAIL,
} from './layout.js'
import { addressOf, check, syscall } from './libc.js'
import { mapFd } from './memory.js'

const IO_URING_SETUP = 425
const IO_URING_ENTER = 426
const IO_URING_REGISTER = 427
const REGISTER_FILES = 2
/** COOP_TASKRUN and SINGLE_ISSUER (kernel 6.0): only this thread submits, and it is never interrupted. */
const SETUP_FLAGS = 0x1100
const OFFSET_SQES = 0x10000000
const FIXED_FILE = 1
/** Complete with EAGAIN at once instead of waiting in the kernel. */
const RWF_NOWAIT = 8

export const Operation = { read: 22, write: 23 } as const

export class Uring {
  /** Of the completion that `take` took last: bytes, or the negative errno. */
  result = 0
  /** Operations pushed and not yet submitted. */
  pushed = 0
  readonly #fd: number
  readonly #sqes: DataView
  readonly #words: Int32Array
  readonly #mask: number
  readonly #completionMask: number
  readonly #sqTail: number
  readonly #sqArray: number
  readonly #cqHead: number
  readonly #cqTail: number
  readonly #cqes: number
  /** Both rings' counters wrap as 32-bit words do; signed, so that they stay small integers to the engine of JavaScript. */
  #tail = 0
  #head = 0

  /** Room for `operations` (a power of two) on the open file `file`; null where the kernel has or permits no io_uring. */
  static open(file: number, operations: number): Uring | null {
    const params = new Uint32Array(URING_PARAMS_WORDS)
    params[URING_PARAMS_FLAGS] = SETUP_FLAGS
    const fd = syscall(IO_URING_SETUP, operations, addressOf(params), 0, 0, 0, 0)
    return fd < 0 ? null : new Uring(fd, params, file)
  }

  private constructor(fd: number, params: Uint32Array, file: number) {
    this.#fd = fd
    const [entries, completions] = params
    const sq = (word: number) => params[URING_SQ_OFFSETS + word]
    const cq = (word: number) => params[URING_CQ_OFFSETS + word]
    const size = Math.max(sq(URING_SQ_ARRAY) + entries * 4, cq(URING_CQES) + completions * CQE_SIZE)
    const ring = mapFd(fd, size, 0, 'io_uring')
    this.#sqes = new DataView(mapFd(fd, entries * SQE_SIZE, OFFSET_SQES, 'io_uring'))
    this.#words = new Int32Array(ring)
    this.#mask = entries - 1
    this.#completionMask = completions - 1
    this.#sqTail = sq(URING_TAIL) / 4
    this.#sqArray = sq(URING_SQ_ARRAY) / 4
    this.#cqHead = cq(URING_HEAD) / 4
    this.#cqTail = cq(URING_TAIL) / 4
    this.#cqes = cq(URING_CQES) / 4
    const files = new Int32Array([file])
    check(syscall(IO_URING_REGISTER, fd, REGISTER_FILES, addressOf(files), 1, 0, 0), 'io_uring_register')
  }

  /** Fixes what operation `number` does; its completions carry the number. */
  prepare(number: number, operation: number, address: number, length: number): void {
    const at = number * SQE_SIZE
    this.#sqes.setUint8(at + SQE_OPCODE, operation)
    this.#sqes.setUint8(at + SQE_FLAGS, FIXED_FILE)
    this.#sqes.setInt32(at + SQE_FD, 0, true)
    this.#sqes.setUint32(at + SQE_RW_FLAGS, RWF_NOWAIT, true)
    this.#sqes.setUint32(at + SQE_USER_DATA, number, true)
    this.setSpan(number, address, length)
  }

  setSpan(number: number, address: number, length: number): void {
    const at = number * SQE_SIZE
    this.#sqes.setUint32(at + SQE_ADDRESS, address, true)
    this.#sqes.setUint32(at + SQE_ADDRESS + 4, address / 2 ** 32, true)
    this.#sqes.setUint32(at + SQE_LENGTH, length, true)
  }

  push(number: number): void {
    this.#words[this.#sqArray + (this.#tail & this.#mask)] = number
    this.#tail = (this.#tail + 1) | 0
    this.pushed++
  }

  /** Submits what was pushed, in order; all that the kernel took is complete on return. The rest goes with the next call. */
  enter(): void {
    Atomics.store(this.#words, this.#sqTail, this.#tail)
    const submitted = syscall(IO_URING_ENTER, this.#fd, this.pushed, 0, 0, 0, 0)
    if (submitted > 0) this.pushed -= submitted
  }

  /** The number of the next complete operation, its result in `result`; -1: none. */
  take(): number {
    if (this.#head === Atomics.load(this.#words, this.#cqTail)) return -1
    const at = this.#cqes + (this.#head & this.#completionMask) * (CQE_SIZE / 4)
    this.result = this.#words[at + CQE_RESULT / 4]
    this.#head = (this.#head + 1) | 0
    const number = this.#words[at]
    Atomics.store(this.#words, this.#cqHead, this.#head)
    return number
  }

  close(): void {
    closeSync(this.#fd)
  }
}
