/** Two ways to move packets between the device and the slots: one call for many, or one call for each. */
import { addressOf, read, write } from '../../sys/libc.js'
import { Operation, Uring } from '../../sys/uring.js'
import type { PortCounters } from '../port.js'

/** Packets received in one burst at most. */
const MOST = 16
/** Slots of a ring: one burst being received while another is being sent. */
export const SLOTS = 2 * MOST

/** The slots in memory: what lies from one to the next, where in each a receive begins, and how much it may fill. */
export interface Room {
  view: DataView
  stride: number
  first: number
  length: number
}

export interface Receiver {
  sendAt: number
  sendLength: number
  /** `length` bytes have come in at offset `at`. True: send what sendAt and sendLength say, in the same slot. */
  receive(at: number, length: number): boolean
}

export interface Transfer {
  /** Receives what waits, at most MOST packets, and sends what is to be sent. The number received; 0: none waited. */
  burst(receiver: Receiver, counters: PortCounters): number
  /** Sends what the last burst would have sent with the next one. */
  flush(): void
  close(): void
}

/** io_uring where it is wanted and this kernel has and permits it. */
export function openTransfer(fd: number, room: Room, batched: boolean): Transfer {
  const ring = batched ? Uring.open(fd, 2 * SLOTS) : null
  return ring ? new BatchTransfer(ring, room) : new CallTransfer(fd, room)
}

/** The writes of one burst and the reads of the next are one system call. */
class BatchTransfer implements Transfer {
  readonly #ring: Uring
  readonly #room: Room
  readonly #base: number
  /** Slots that hold no packet, last used first: they are still in the processor's cache. */
  readonly #free = Int32Array.from({ length: SLOTS }, (_, i) => SLOTS - 1 - i)
  #freeCount = SLOTS
  /** Reads in the next burst: more as long as each finds a packet. */
  #want = 1

  constructor(ring: Uring, room: Room) {
    this.#ring = ring
    this.#room = room
    this.#base = addressOf(room.view)
    for (let slot = 0; slot < SLOTS; slot++) {
      ring.prepare(slot, Operation.read, this.#base + slot * room.stride + room.first, room.length)
      ring.prepare(SLOTS + slot, Operation.write, 0, 0)
    }
  }

  burst(receiver: Receiver, counters: PortCounters): number {
    const want = Math.min(this.#want, this.#freeCount)
    for (let i = 0; i < want; i++) this.#ring.push(this.#free[--this.#freeCount])
    this.#ring.enter()
    const received = this.#collect(receiver, counters)
    this.#want = received === want ? Math.min(Math.max(2 * want, 1), MOST) : received + 1
    return received
  }

  flush(): void {
    if (this.#ring.pushed > 0) this.#ring.enter()
  }

  close(): void {
    this.#ring.close()
  }

  #collect(receiver: Receiver, counters: PortCounters): number {
    let received = 0
    for (let number = this.#ring.take(); number >= 0; number = this.#ring.take()) {
      if (number >= SLOTS) this.#sent(number - SLOTS, counters)
      else if (this.#ring.result < 0) this.#release(number)
      else {
        received++
        this.#received(number, receiver, counters)
      }
    }
    return received
  }

  #received(slot: number, receiver: Receiver, counters: PortCounters): void {
    counters.received++
    if (!receiver.receive(slot * this.#room.stride + this.#room.first, this.#ring.result)) {
      this.#release(slot)
      return
    }
    this.#ring.setSpan(SLOTS + slot, this.#base + receiver.sendAt, receiver.sendLength)
    this.#ring.push(SLOTS + slot)
  }

  #sent(slot: number, counters: PortCounters): void {
    if (this.#ring.result < 0) counters.refused++
    else counters.sent++
    this.#release(slot)
  }

  #release(slot: number): void {
    this.#free[this.#freeCount++] = slot
  }
}

/** read(2) and write(2) for each packet; always the first slot, which stays in the processor's cache. */
class CallTransfer implements Transfer {
  readonly #fd: number
  readonly #room: Room
  readonly #base: number

  constructor(fd: number, room: Room) {
    this.#fd = fd
    this.#room = room
    this.#base = addressOf(room.view)
  }

  burst(receiver: Receiver, counters: PortCounters): number {
    const { first, length } = this.#room
    for (let received = 0; received < MOST; received++) {
      const bytes = read(this.#fd, this.#base + first, length)
      if (bytes < 0) return received
      counters.received++
      if (receiver.receive(first, bytes)) this.#send(receiver, counters)
    }
    return MOST
  }

  flush(): void {}

  close(): void {}

  #send({ sendAt, sendLength }: Receiver, counters: PortCounters): void {
    if (write(this.#fd, this.#base + sendAt, sendLength) === sendLength) counters.sent++
    else counters.refused++
  }
}
