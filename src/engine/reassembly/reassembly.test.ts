import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Chance, fuzz } from '../../../test/fuzz/mutation.js'
import { type Built, other } from '../../../test/packets/build.js'
import { toTick } from '../../conn/record.js'
import { REASONS, Reason } from '../../failure/reason.js'
import { HEADROOM, Packet, SPARE, TAILROOM } from '../../io/port.js'
import { decode } from '../../wire/decode.js'
import { Frame } from '../../wire/frame.js'
import { HELD, Reassembly } from './reassembly.js'

const UNKNOWN_PROTOCOL = 99
const STORE_BYTES = 4 << 20
const ends = (family: 4 | 6) =>
  family === 4 ? { from: '192.0.2.1', to: '192.0.2.45' } : { from: '2001:db8::1', to: '2001:db8::45' }

interface Piece {
  family: 4 | 6
  id: number
  offset: number
  bytes: Uint8Array
  more: boolean
}

const built = ({ family, id, offset, bytes, more }: Piece): Built =>
  other({ ...ends(family), id, fragment: { offset, more }, payload: bytes }, UNKNOWN_PROTOCOL)

class Bench {
  readonly drops = new Float64Array(REASONS.length)
  readonly reassembly: Reassembly
  private readonly ring = new Uint8Array(HEADROOM + 65_535 + TAILROOM + SPARE)
  private readonly view = new DataView(this.ring.buffer)
  private readonly frame = new Frame()
  private readonly packet = new Packet()

  constructor(random: () => number = () => 0x1234_5678) {
    this.reassembly = new Reassembly(this.view, this.drops, random)
  }

  /** The bytes of the datagram that this piece completes, or what `add` said. */
  give(piece: Piece, nowMs = 0): Uint8Array | number {
    const { bytes } = built(piece)
    const { frame, packet, ring, view } = this
    ring.set(bytes, HEADROOM)
    Object.assign(packet, new Packet(), { at: HEADROOM, length: bytes.length })
    assert.equal(decode(view, HEADROOM, HEADROOM + bytes.length, frame), Reason.none)
    const said = this.reassembly.add(frame, packet, toTick(nowMs))
    if (said !== Reason.none) return said
    assert.equal(decode(view, packet.at, packet.at + packet.length, frame), Reason.none)
    return ring.slice(frame.transport, frame.at + frame.length)
  }
}

/** The rules once more, byte by byte. */
class Twin {
  private readonly datagrams = new Map<string, { bytes: (number | undefined)[]; total: number }>()

  give({ family, id, offset, bytes, more }: Piece): Uint8Array | number {
    if (bytes.length === 0 || (more && bytes.length % 8 > 0)) return Reason.badFragment
    const key = `${family} ${id}`
    const datagram = this.datagrams.get(key) ?? { bytes: [], total: -1 }
    this.datagrams.set(key, datagram)
    const reason = this.fault(datagram, offset, offset + bytes.length, more)
    if (reason === Reason.fragmentDuplicate) return reason
    if (reason !== Reason.none) {
      this.datagrams.delete(key)
      return reason
    }
    bytes.forEach((byte, i) => {
      datagram.bytes[offset + i] = byte
    })
    if (!more) datagram.total = offset + bytes.length
    const whole = Array.from({ length: datagram.total < 0 ? 0 : datagram.total }, (_, i) => datagram.bytes[i])
    if (datagram.total < 0 || whole.includes(undefined)) return HELD
    this.datagrams.delete(key)
    return Uint8Array.from(whole as number[])
  }

  private fault(
    { bytes, total }: { bytes: (number | undefined)[]; total: number },
    from: number,
    to: number,
    more: boolean,
  ): number {
    if (total >= 0 && (more ? to > total : to !== total)) return Reason.badFragment
    if (!more && to < bytes.length) return Reason.badFragment
    const there = Array.from({ length: to - from }, (_, i) => bytes[from + i] !== undefined)
    if (there.every((each) => each)) return Reason.fragmentDuplicate
    return there.some((each) => each) ? Reason.fragmentOverlap : Reason.none
  }
}

/** A datagram cut at random places. */
function pieces(chance: Chance, family: 4 | 6, id: number): Piece[] {
  const length = 1 + chance.below(chance.pick([100, 3000, 9000]))
  const bytes = Uint8Array.from({ length }, () => chance.below(256))
  const cuts: Piece[] = []
  for (let offset = 0; offset < length; ) {
    const size = Math.min(length - offset, 8 * (1 + chance.below(chance.pick([4, 180, 700]))))
    const more = offset + size < length
    cuts.push({ family, id, offset, bytes: bytes.slice(offset, offset + size), more })
    offset += size
  }
  return cuts.length > 120 || cuts.length < 2 ? pieces(chance, family, id) : cuts
}

/** Pieces of several datagrams, out of order, with repeats and strays. */
function mixture(chance: Chance): Piece[] {
  const all = Array.from({ length: 1 + chance.below(4) }, (_, id) => pieces(chance, chance.pick([4, 6]), id)).flat()
  const odd = Array.from({ length: chance.below(6) }, (): Piece => {
    const piece = chance.pick(all)
    const shift = 8 * chance.below(3)
    const bytes = piece.bytes.slice(0, chance.pick([piece.bytes.length, 8, 0, 5]))
    return {
      ...piece,
      offset: piece.offset + chance.pick([0, shift]),
      bytes,
      more: chance.pick([piece.more, true, false]),
    }
  })
  const mixed = [...all, ...odd]
  if (chance.below(3) > 0)
    for (let i = mixed.length - 1; i > 0; i--) {
      const j = chance.below(i + 1)
      ;[mixed[i], mixed[j]] = [mixed[j], mixed[i]]
    }
  // A lone piece that says it is whole is no fragment.
  return mixed.filter(({ offset, more }) => offset > 0 || more)
}

test('whatever the order, the cuts, the repeats and the overlaps: what the naive twin makes of them', () => {
  const seen = new Set<number | string>()
  fuzz(1500, (chance) => {
    const bench = new Bench()
    const twin = new Twin()
    for (const piece of mixture(chance)) {
      const [got, wanted] = [bench.give(piece), twin.give(piece)]
      assert.deepEqual(got, wanted)
      seen.add(typeof got === 'number' ? got : 'whole')
    }
  })
  for (const each of ['whole', HELD, Reason.badFragment, Reason.fragmentDuplicate, Reason.fragmentOverlap])
    assert.ok(process.env.FUZZ_ROUND !== undefined || seen.has(each), `never: ${each}`)
})

test('a flood fills its own store and no more, and datagrams that come meanwhile are made whole', () => {
  const chance = new Chance(1, 1)
  const bench = new Bench(() => chance.below(0x1_0000_0000))
  let whole = 0
  for (let i = 0; i < 20_000; i++) {
    const good: Piece = { family: 6, id: i & 0xff, offset: 0, bytes: new Uint8Array(1400), more: true }
    if (i % 100 === 0) bench.give(good)
    bench.give({ family: 4, id: i, offset: 8 * chance.below(100), bytes: new Uint8Array(1400), more: true })
    if (i % 100 === 50 && typeof bench.give({ ...good, id: (i - 50) & 0xff, offset: 1400, more: false }) !== 'number')
      whole++
    const { datagrams, bytes } = bench.reassembly.held
    assert.ok(bytes <= STORE_BYTES && datagrams <= 1024)
  }
  assert.equal(whole, 200)
  assert.ok(bench.drops[Reason.fragmentEvicted] > 15_000, `${bench.drops[Reason.fragmentEvicted]}`)
})

test('a datagram in very many fragments is given up, and what it held with it', () => {
  const bench = new Bench()
  const said = Array.from({ length: 300 }, (_, i) =>
    bench.give({ family: 4, id: 1, offset: 16 * i, bytes: new Uint8Array(8), more: true }),
  )
  assert.equal(said.indexOf(Reason.fragmentLimit), 255)
  assert.equal(bench.reassembly.held.datagrams, 1)
})

test('the longest datagram is made whole, and none longer', () => {
  for (const [family, header] of [
    [4, 20],
    [6, 8],
  ] as const) {
    const bench = new Bench()
    const longest = 65_535 - header
    for (const excess of [0, 1]) {
      let said: Uint8Array | number = HELD
      for (let offset = 0; offset < longest + excess; offset += 1448) {
        const bytes = new Uint8Array(Math.min(1448, longest + excess - offset)).fill(offset >>> 8)
        said = bench.give({ family, id: 1, offset, bytes, more: offset + bytes.length < longest + excess })
      }
      if (excess > 0) assert.equal(said, Reason.badFragment)
      else assert.equal((said as Uint8Array).length, longest)
    }
  }
})

test('a datagram is given up after its time, 30 seconds in IPv4 and 60 in IPv6, counted once', () => {
  const bench = new Bench()
  for (const family of [4, 6] as const)
    for (const offset of [0, 16]) bench.give({ family, id: 1, offset, bytes: new Uint8Array(8), more: true })
  for (const [seconds, left] of [
    [29, 2],
    [31, 1],
    [59, 1],
    [61, 0],
  ]) {
    bench.reassembly.expire(toTick(seconds * 1000))
    assert.equal(bench.reassembly.held.datagrams, left)
  }
  assert.equal(bench.drops[Reason.fragmentTimeout], 2)
  assert.equal(bench.reassembly.held.bytes, 0)
})
