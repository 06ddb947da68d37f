/**
 * Bytes that look like packets, or once did: a numbered stream of them, the same for the same seed.
 *
 * Every packet is made from (seed, round) alone, so a failure names the two and `FUZZ_SEED=... FUZZ_ROUND=...` runs up to
 * that one round again. `FUZZ_ROUNDS` runs more of them.
 */
import type { Built } from '../packets/build.js'
import * as seeds from './seed-packets.js'

export const SEED = Number(process.env.FUZZ_SEED ?? 20_260)
const ONLY = process.env.FUZZ_ROUND
const MOST = Number(process.env.FUZZ_ROUNDS ?? 0)

/** xorshift32: small, seeded, good enough to break parsers. */
export class Chance {
  private state: number

  constructor(seed: number, round: number) {
    this.state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(round + 1, 0x85eb_ca6b)) | 1
    for (let i = 0; i < 8; i++) this.below(2)
  }

  below(limit: number): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) % limit
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]
  }
}

/** Runs `rounds` rounds that know nothing of each other; a failure says how to see it again. */
export function fuzz(rounds: number, round: (chance: Chance) => void): void {
  run(ONLY === undefined ? 0 : Number(ONLY), rounds, round)
}

/** The same where a round depends on those before it: seen again, they run too. */
export function fuzzInARow(rounds: number, round: (chance: Chance) => void): void {
  run(0, rounds, round)
}

function run(first: number, rounds: number, round: (chance: Chance) => void): void {
  const end = ONLY === undefined ? MOST || rounds : Number(ONLY) + 1
  for (let i = first; i < end; i++) {
    try {
      round(new Chance(SEED, i))
    } catch (error) {
      throw new Error(`FUZZ_SEED=${SEED} FUZZ_ROUND=${i}: ${(error as Error).message}`, { cause: error })
    }
  }
}

/** One packet in ten is noise; the rest are sound packets with up to four accidents. */
export function strangePacket(chance: Chance): Built {
  if (chance.below(10) === 0) return noise(chance)
  const { bytes, partial } = chance.pick(seeds.packets)
  let result: Uint8Array = bytes.slice()
  for (let left = chance.below(5); left > 0; left--) result = chance.pick(ACCIDENTS)(result, chance)
  if (chance.below(2) === 0) result = lengthRepaired(result)
  return { bytes: result, partial: partial !== (chance.below(16) === 0) }
}

function noise(chance: Chance): Built {
  const bytes = Uint8Array.from({ length: chance.below(120) }, () => chance.below(256))
  if (bytes.length > 0 && chance.below(4) > 0) bytes[0] = chance.pick([0x45, 0x60, 0x46, 0x4f, 0x65])
  return { bytes, partial: false }
}

type Accident = (bytes: Uint8Array, chance: Chance) => Uint8Array

const EDGES = [0, 1, 2, 4, 5, 6, 7, 8, 17, 43, 44, 58, 59, 60, 132, 0x1f, 0x20, 0x7f, 0x80, 0xfe, 0xff]

const ACCIDENTS: Accident[] = [
  (bytes, chance) => set(bytes, chance.below(bytes.length), 1 << chance.below(8), true),
  (bytes, chance) => set(bytes, chance.below(bytes.length), chance.pick(EDGES), false),
  // Headers lie in front: most accidents should happen there.
  (bytes, chance) => set(bytes, chance.below(Math.min(bytes.length, 48)), chance.pick(EDGES), false),
  (bytes, chance) => set(bytes, chance.below(Math.min(bytes.length, 48)), chance.below(256), false),
  (bytes, chance) => bytes.slice(0, chance.below(bytes.length + 1)),
  (bytes, chance) => bytes.slice(0, Math.max(0, bytes.length - chance.below(12))),
  (bytes, chance) => Uint8Array.from([...bytes, ...bytes.subarray(0, chance.below(bytes.length + 1))]),
  (bytes, chance) => splice(bytes, chance.pick(seeds.packets).bytes, chance),
]

function set(bytes: Uint8Array, at: number, value: number, flip: boolean): Uint8Array {
  if (bytes.length > 0) bytes[at] = flip ? bytes[at] ^ value : value
  return bytes
}

/** A length that fits again, so that what is broken behind it is met too. */
function lengthRepaired(bytes: Uint8Array): Uint8Array {
  const six = bytes[0] >>> 4 === 6
  if (bytes.length < (six ? 40 : 20)) return bytes
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(six ? 4 : 2, bytes.length - (six ? 40 : 0))
  return bytes
}

/** The head of one packet, the tail of another. */
function splice(head: Uint8Array, tail: Uint8Array, chance: Chance): Uint8Array {
  return Uint8Array.from([
    ...head.subarray(0, chance.below(head.length + 1)),
    ...tail.subarray(chance.below(tail.length + 1)),
  ])
}
