/**
 * Arbitrary bytes through the whole engine, in a state where many of them mean something: every packet is sent, given
 * to the host, kept as a fragment, or dropped and counted; nothing is thrown, nothing written outside packet and headroom.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytesFor } from '../../src/conn/table.js'
import { Engine } from '../../src/engine/engine.js'
import { HEADROOM, Packet, SPARE } from '../../src/io/port.js'
import { type Chance, fuzzInARow, strangePacket } from './mutation.js'
import { fuzzedTable } from './table.js'

const ROUNDS = 40_000
const GUARD = 64
const LONGEST = 4096
const CAPACITY = 512
const AT = GUARD + HEADROOM
const PATTERN = Uint8Array.from({ length: AT + LONGEST + GUARD }, (_, at) => (at * 31 + 7) & 0xff)

class Bench {
  readonly ring = new Uint8Array(PATTERN.length + SPARE)
  readonly packet = new Packet()
  nowMs = 0
  pieces = 0
  readonly engine = new Engine({
    view: new DataView(this.ring.buffer),
    hops: 0,
    transmit: () => this.pieces++,
    memory: new ArrayBuffer(bytesFor(CAPACITY)),
    capacity: CAPACITY,
    seed: { hash: [1, 2], boot: [3, 4, 5, 6] },
    random: () => 0x1234_5678,
    nowMs: 0,
    kernel: null,
  })

  constructor() {
    this.ring.set(PATTERN)
    this.engine.install(fuzzedTable(), 0)
  }

  /** One packet; true if it was sent. */
  give(chance: Chance): boolean {
    const { bytes, partial } = strangePacket(chance)
    const length = Math.min(bytes.length, LONGEST)
    this.ring.set(bytes.subarray(0, length), AT)
    Object.assign(this.packet, new Packet(), { at: AT, length, flags: partial ? 1 : 0 })
    this.pieces = 0
    const sent = this.engine.handle(this.packet, this.nowMs) || this.pieces > 0
    this.assertGuards(length)
    return sent
  }

  /** Whether a fragment can have been kept by the packet just given: something is missing for some datagram. */
  get waits(): boolean {
    return this.engine.fragments().datagrams > 0
  }

  private assertGuards(length: number): void {
    const end = AT + length
    this.ring.set(PATTERN.subarray(GUARD, end), GUARD)
    assert.equal(Buffer.compare(this.ring.subarray(0, PATTERN.length), PATTERN), 0, 'wrote outside packet and headroom')
  }
}

const total = (drops: Record<string, number>): number => Object.values(drops).reduce((sum, n) => sum + n, 0)

test(`${ROUNDS} strange packets through the engine: each sent, passed, or dropped and counted`, () => {
  const bench = new Bench()
  const { engine, packet } = bench
  let before = engine.status()
  fuzzInARow(ROUNDS, (chance) => {
    const sent = bench.give(chance)
    const after = engine.status()
    const counted = total(after.drops) - total(before.drops)
    before = after
    const isAccounted = counted === 1 || (counted === 0 && (sent || bench.waits))
    assert.ok(isAccounted, `${counted} drops counted, sent: ${sent}`)
    if (sent) assert.ok(packet.at >= GUARD && packet.length > 0 && packet.length <= LONGEST)
    assert.ok(after.connections <= CAPACITY)
    if (chance.below(100) === 0) {
      bench.nowMs += chance.below(30_000)
      engine.tick(bench.nowMs)
      before = engine.status()
    }
  })
  const { drops, toHost, connections } = engine.status()
  assert.ok(toHost > 0 && connections > 0)
  for (const reason of ['poolDry', 'noDestination', 'untracked', 'badIcmpChecksum', 'ttlExceeded', 'truncated']) {
    assert.ok(process.env.FUZZ_ROUND !== undefined || drops[reason] > 0, `never: ${reason}`)
  }
})
