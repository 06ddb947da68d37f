/**
 * Arbitrary bytes to services by gate and tunnel: nothing is thrown or written outside packet and headroom, and every piece
 * that leaves fits the way.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../src/compile/compile.js'
import { bytesFor } from '../../src/conn/table.js'
import { Engine } from '../../src/engine/engine.js'
import { HEADROOM, Packet, SPARE } from '../../src/io/port.js'
import { emptyState } from '../../src/model/state.js'
import { headerLength } from '../packets/build.js'
import { checksumAt } from '../packets/naive.js'
import { changed } from '../packets/state.js'
import { v4, v6, type World } from '../packets/world.js'
import { type Chance, fuzzInARow, strangePacket } from './mutation.js'

const ROUNDS = 10_000
const GUARD = 64
const LONGEST = 4096
const CAPACITY = 512
const MTU = 1280
const AT = GUARD + HEADROOM
const PATTERN = Uint8Array.from({ length: AT + LONGEST + GUARD }, (_, at) => (at * 31 + 7) & 0xff)
const KINDS = ['-g', '-i', '-i --tun-type gre --tun-csum', '-i --tun-type gue --tun-port 6080 --tun-remcsum']
const routes = {
  to: (address: string) => ({
    interface: 'eth0',
    source: address.includes(':') ? '2001:db8::10' : '192.0.2.10',
    mtu: MTU,
    local: false,
  }),
}

class Bench {
  readonly ring = new Uint8Array(PATTERN.length + SPARE)
  readonly packet = new Packet()
  pieces = 0
  readonly engine = new Engine({
    view: new DataView(this.ring.buffer),
    hops: 0,
    transmit: (packet) => this.leaves(packet),
    memory: new ArrayBuffer(bytesFor(CAPACITY)),
    capacity: CAPACITY,
    seed: { hash: [1, 2], boot: [3, 4, 5, 6] },
    random: () => 0x1234_5678,
    nowMs: 0,
    kernel: null,
  })

  constructor(words: string, outside: World) {
    this.ring.set(PATTERN)
    const lines = [v4, v6].flatMap((w) => {
      const server = words === '-g' ? w.web1(80) : outside.web1(80)
      return ['-t', '-u'].flatMap((kind) => [
        `ipvsadm -A ${kind} ${w.vip(80)}`,
        `ipvsadm -a ${kind} ${w.vip(80)} -r ${server} ${words}`,
      ])
    })
    this.engine.install(compile(lines.reduce(changed, emptyState()), routes), 0)
  }

  give(chance: Chance, nowMs: number): void {
    const { bytes, partial } = strangePacket(chance)
    const length = Math.min(bytes.length, LONGEST)
    this.ring.set(bytes.subarray(0, length), AT)
    Object.assign(this.packet, new Packet(), { at: AT, length }, length >= 40 ? facts(bytes, partial, chance) : {})
    if (this.engine.handle(this.packet, nowMs)) this.leaves(this.packet)
    this.ring.set(PATTERN.subarray(GUARD, AT + length), GUARD)
    assert.equal(Buffer.compare(this.ring.subarray(0, PATTERN.length), PATTERN), 0, 'wrote outside packet and headroom')
  }

  private leaves({ at, length, direct, flags, gsoType }: Packet): void {
    assert.ok(at >= GUARD && length > 0 && (at > PATTERN.length || at + length <= AT + LONGEST))
    if (direct === 0) return
    this.pieces++
    assert.ok(length <= MTU, `${length} bytes`)
    assert.equal(flags | gsoType, 0, 'nothing is left to be done')
  }
}

/** What a kernel could say of such a packet, merged ones among them. */
function facts(bytes: Uint8Array, partial: boolean, chance: Chance): Partial<Packet> {
  const protocol = bytes[0] >>> 4 === 4 ? bytes[9] : bytes[6]
  const merged = (protocol === 6 || protocol === 17) && chance.below(4) === 0
  if (!merged && !partial) return {}
  const checksum = { checksumStart: headerLength(bytes), checksumOffset: Math.max(0, checksumAt(protocol)) }
  if (!merged) return { flags: 1, ...checksum }
  const gsoType = protocol === 17 ? 5 : bytes[0] >>> 4 === 4 ? 1 : 4
  return { flags: 1, ...checksum, gsoType, gsoSize: 1 + chance.below(600) }
}

for (const words of KINDS) {
  for (const outside of words === '-g' ? [v4] : [v4, v6]) {
    test(`${ROUNDS} strange packets by \`${words}\` to ${outside.name}`, () => {
      const bench = new Bench(words, outside)
      fuzzInARow(ROUNDS, (chance) => bench.give(chance, 0))
      assert.ok(process.env.FUZZ_ROUND !== undefined || bench.pieces > 100, `${bench.pieces} left`)
    })
  }
}
