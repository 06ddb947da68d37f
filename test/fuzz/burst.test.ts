/** Packets handed over many at once fare as they do one by one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesFor } from '../../src/conn/table.js'
import { Engine } from '../../src/engine/engine.js'
import { BURST, HEADROOM, Packet, SPARE, TAILROOM } from '../../src/io/port.js'
import { type Built, tcp } from '../packets/build.js'
import { v4 } from '../packets/world.js'
import { fuzzInARow, strangePacket } from './mutation.js'
import { fuzzedTable } from './table.js'

const ROUNDS = 2000
const CAPACITY = 512
const LONGEST = 4096
const SLOT = HEADROOM + LONGEST + TAILROOM

class Director {
  private readonly ring = new Uint8Array(BURST * SLOT + SPARE)
  private readonly packets = Array.from({ length: BURST }, () => new Packet())
  private outgoing: string[] = []
  readonly engine = new Engine({
    view: new DataView(this.ring.buffer),
    hops: 0,
    transmit: (packet) => this.outgoing.push(this.bytes(packet)),
    memory: new ArrayBuffer(bytesFor(CAPACITY)),
    capacity: CAPACITY,
    seed: { hash: [1, 2], boot: [3, 4, 5, 6] },
    random: () => 0x1234_5678,
    nowMs: 0,
    kernel: null,
  })

  constructor() {
    this.engine.install(fuzzedTable(), 0)
  }

  /** What goes out. */
  together(built: Built[], nowMs: number): string[] {
    this.outgoing = []
    built.forEach((one, i) => {
      this.place(one, i)
    })
    this.engine.handleBurst(this.packets, built.length, nowMs)
    return this.outgoing
  }

  oneByOne(built: Built[], nowMs: number): string[] {
    this.outgoing = []
    for (const one of built) {
      this.place(one, 0)
      if (this.engine.handle(this.packets[0], nowMs)) this.outgoing.push(this.bytes(this.packets[0]))
    }
    return this.outgoing
  }

  private place({ bytes, partial }: Built, i: number): void {
    const at = i * SLOT + HEADROOM
    const length = Math.min(bytes.length, LONGEST)
    this.ring.set(bytes.subarray(0, length), at)
    Object.assign(this.packets[i], new Packet(), { at, length, flags: partial ? 1 : 0 })
  }

  private bytes({ at, length, flags }: Packet): string {
    return `${flags} ${Buffer.from(this.ring.slice(at, at + length)).toString('hex')}`
  }
}

test(`${ROUNDS} bursts of strange packets, together and one by one`, () => {
  const [burst, single] = [new Director(), new Director()]
  let nowMs = 0
  fuzzInARow(ROUNDS, (chance) => {
    const packets = Array.from({ length: 1 + chance.below(BURST) }, () => strangePacket(chance))
    assert.deepEqual(burst.together(packets, nowMs), single.oneByOne(packets, nowMs))
    nowMs += chance.below(20_000)
    for (const { engine } of [burst, single]) engine.tick(nowMs)
    assert.deepEqual(burst.engine.status(), single.engine.status())
  })
  assert.deepEqual(burst.engine.services(), single.engine.services())
  assert.deepEqual(burst.engine.connections(nowMs), single.engine.connections(nowMs))
})

test('a SYN and the next segments of its connection, and another connection in its place, in one burst', () => {
  const [burst, single] = [new Director(), new Director()]
  const client = (flags: string) => tcp({ from: v4.client(5000), to: v4.vip(80), flags })
  const server = (flags: string) => tcp({ from: v4.web1(80), to: v4.director(5000), flags })
  const packets = [client('S'), server('SA'), client('A'), client('R'), client('A'), client('S'), server('SA')]
  const outgoing = burst.together(packets, 0)
  assert.deepEqual(outgoing, single.oneByOne(packets, 0))
  assert.equal(outgoing.length, packets.length)
  assert.deepEqual(burst.engine.connections(0), single.engine.connections(0))
  assert.equal(burst.engine.connections(0)[0].state, 'SYN_RECV')
})
