/**
 * Source ports: takes and gives a second at several fillings of one space, and memory by what is in use.
 *
 *   npm run build && node dist/bench/source-ports.js
 *
 * Of nine rounds, by processor time, since the machine may have other work. At each filling a random port of those in use goes back and another is taken, as when
 * connections end and begin; at 100 % every take finds exactly the port that was given.
 */
import { PortAllocator } from '../src/nat/ports.js'

const PORTS = 64512
const ROUNDS = 9
const PAIRS = 1_000_000

let state = 1
const random = (): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return state
}
const below = (n: number): number => Math.floor((random() / 2 ** 32) * n)

/** Million pairs of take and give a second of processor time, in one space with `held` ports in use: each round's. */
function rates(held: number): number[] {
  const allocator = new PortAllocator(random)
  const words = Int32Array.of(0, 0, 0xffff, 1, 0, 0, 0xffff, 2)
  const take = (): number => allocator.take(words, 0, 4, 80, 6, 40000, 0, 0, true)
  const ports = Int32Array.from({ length: held }, take)
  const order = Int32Array.from({ length: PAIRS }, () => below(held))
  const round = (): number => {
    const begin = process.cpuUsage()
    for (let i = 0; i < PAIRS; i++) {
      allocator.give(words, 0, 4, 80, 6, ports[order[i]])
      ports[order[i]] = take()
    }
    const { user, system } = process.cpuUsage(begin)
    return PAIRS / (user + system)
  }
  round()
  return Array.from({ length: ROUNDS }, round).sort((a, b) => a - b)
}

/** Bytes for a thousand spaces with `each` ports in use: kept from clients (anywhere) or handed out in order. */
function bytes(each: number, kept: boolean): number {
  const allocator = new PortAllocator(random)
  for (let n = 1; n <= 1000; n++) {
    const words = Int32Array.of(0, 0, 0xffff, 1, 0, 0, 0xffff, n)
    const [from, to] = kept ? [0, 0] : [1024, 65535]
    for (let i = 0; i < each; i++) allocator.take(words, 0, 4, 80, 6, kept ? 1024 + below(PORTS) : 0, from, to, true)
  }
  return allocator.bytes
}

for (const percent of [1, 50, 90, 99, 100]) {
  const all = rates(Math.floor((PORTS * percent) / 100))
  const [median, best] = [all[ROUNDS >> 1], all[ROUNDS - 1]].map((rate) => rate.toFixed(1))
  console.log(`${String(percent).padStart(3)} % of a space in use: ${median} M take+give a second, best round ${best}`)
}
for (const each of [1, 10, 100, 1000, PORTS]) {
  const [kept, inOrder] = [true, false].map((how) => (bytes(each, how) / 1e6).toFixed(2))
  console.log(`1 000 spaces of ${each} ports: ${kept} MB where clients keep theirs, ${inOrder} MB handed out in order`)
}
