import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, fragments, headerLength, icmpError, other, tcp, udp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'
import { bare, v4, v6, type World } from '../../test/packets/world.js'

const MTU = 1500
const GUE_PORT = 6080
const way = (w: World) => ({ from: w.client(5000), to: w.vip(80) })
const headers = (w: World): number => (w.family === 4 ? 40 : 60)
const merged = (w: World, built: Built, gsoSize: number) => ({
  gsoType: w.family === 4 ? 1 : 4,
  gsoSize,
  flags: 1,
  checksumStart: headerLength(built.bytes),
  checksumOffset: 16,
})

function rigOf(kind: string, w: World, server: string, words: string): Rig {
  const rig = new Rig()
  rig.run(`ipvsadm -A ${kind} ${w.vip(80)}`, `ipvsadm -a ${kind} ${w.vip(80)} -r ${server} ${words}`)
  return rig
}

for (const w of [v4, v6]) {
  test(`${w.name}: a merged packet leaves by gate in segments, all to the real server's own address`, () => {
    const rig = rigOf('-t', w, w.web1(80), '-g')
    rig.send(tcp({ ...way(w), flags: 'S' }))
    const words = { ...way(w), flags: 'PA', sequence: 1000, dontFragment: w.family === 4 }
    const payload = Uint8Array.from({ length: 3500 }, (_, i) => i)
    const built = tcp({ ...words, payload, checksum: 'partial' })
    assert.equal(rig.send(built, merged(w, built, 1400)), null)
    const expected = [0, 1400, 2800].map((at, i) => {
      const flags = i === 2 ? 'PA' : 'A'
      const id = w.family === 4 ? i : 0
      const piece = { ...words, id, ttl: 63, flags, sequence: 1000 + at, payload: payload.subarray(at, at + 1400) }
      return { bytes: tcp(piece).bytes, next: bare(w.web1) }
    })
    assert.deepEqual(rig.pieces, expected)
    assert.deepEqual(rig.drops(), {})
  })

  test(`${w.name}: a merged packet whose segments do not fit into the tunnel is refused whole`, () => {
    const rig = rigOf('-t', w, w.web1(80), '-i')
    rig.send(tcp({ ...way(w), flags: 'S' }))
    const about = tcp({ ...way(w), payload: 'x'.repeat(2900), dontFragment: w.family === 4, checksum: 'partial' })
    const fits = MTU - 2 * (headers(w) - 20) - 20
    assert.equal(rig.send(about, merged(w, about, fits)), null)
    assert.ok(rig.pieces.length >= 2 && rig.pieces[0].bytes.length === MTU)
    const kind =
      w.family === 4 ? { type: 3, code: 4, tos: 0xc0, dontFragment: true, quote: 548 } : { type: 2, quote: 1232 }
    const rest = MTU - (headers(w) - 20)
    const answer = icmpError({ from: bare(w.vip), to: bare(w.client), about, rest, ...kind })
    assert.deepEqual(rig.send(about, merged(w, about, fits + 1)), answer.bytes)
    assert.deepEqual(rig.drops(), { tooBig: 1 })
  })
}

test('IPv4 that may be cut is cut: by gate as it is, in a tunnel around it', () => {
  const words = { ...way(v4), payload: 'x'.repeat(1600), id: 9 }
  const gate = rigOf('-u', v4, v4.web1(80), '-g')
  assert.equal(gate.send(udp(words)), null)
  const cut = (built: Built[]) => built.map(({ bytes }) => bytes)
  assert.deepEqual(
    gate.pieces.map(({ bytes }) => bytes),
    cut(fragments({ ...words, ttl: 63 }, 1480, udp)),
  )
  for (const outer of [v4, v6]) {
    const tunnel = rigOf('-u', v4, outer.web1(80), '-i')
    assert.equal(tunnel.send(udp(words)), null)
    const inner = udp({ ...words, ttl: 63 }).bytes
    const around = { from: bare(outer.director), to: bare(outer.web1), ttl: 63, payload: inner }
    const size = outer === v4 ? 1480 : 1448
    assert.equal(tunnel.pieces.length, 2)
    assert.ok(tunnel.pieces.every(({ bytes, next }) => bytes.length <= MTU && next === bare(outer.web1)))
    const whole = (id: number) => fragments({ ...around, id }, size, (packet) => other(packet, 4))
    assert.deepEqual(withoutId(tunnel.pieces.map(({ bytes }) => bytes)), withoutId(cut(whole(1))))
  }
})

test('pmtu_disc=0: what must not be cut goes through tunnels in fragments all the same, and by gate not', () => {
  const packet = udp({ ...way(v4), payload: 'x'.repeat(1460), dontFragment: true })
  const rig = rigOf('-u', v4, v4.web1(80), '-i')
  rig.install({ ...rig.state, settings: { ...rig.state.settings, pmtu_disc: 0 } })
  assert.equal(rig.send(packet), null)
  assert.equal(rig.pieces.length, 2)
  assert.equal(rig.pieces[0].bytes[6] & 0x40, 0, 'the outer packet may be cut')
  const small = rig.send(udp({ ...way(v4), dontFragment: true }))
  assert.equal(small![6] & 0x40, 0)
})

test('GUE: a checksum that the client left to a device is left to the far end, by --tun-remcsum alone', () => {
  for (const [option, options] of [
    ['--tun-csum', 0],
    ['--tun-remcsum', 8],
  ] as const) {
    const rig = rigOf('-u', v4, v4.web1(80), `-i --tun-type gue --tun-port ${GUE_PORT} ${option}`)
    const left = udp({ ...way(v4), payload: 'x', checksum: 'partial' })
    const facts = { flags: 1, checksumStart: 20, checksumOffset: 6 }
    const out = rig.send(left, facts)!
    const inner = udp({ ...way(v4), ttl: 63, payload: 'x', checksum: options > 0 ? 'partial' : 'right' })
    const header = options > 0 ? [2, 4, 0, 1, 0x80, 0, 0, 0, 0, 20, 0, 26] : [0, 4, 0, 0]
    const from = `${bare(v4.director)}:${(out[20] << 8) | out[21]}`
    const payload = Uint8Array.from([...header, ...inner.bytes])
    assert.deepEqual(out, udp({ from, to: v4.web1(GUE_PORT), ttl: 63, payload }).bytes)
    const finished = rig.send(udp({ ...way(v4), payload: 'x' }))!
    assert.equal(finished[28], 0, 'no options where nothing is left to do')
  }
})

test('a connection keeps its method when its real server gets another', () => {
  const rig = rigOf('-u', v4, v4.web1(80), '-g')
  const expected = udp({ ...way(v4), ttl: 63 }).bytes
  assert.deepEqual(rig.send(udp(way(v4))), expected)
  rig.run(`ipvsadm -e -u ${v4.vip(80)} -r ${v4.web1(80)} -i`)
  assert.deepEqual(rig.send(udp(way(v4))), expected)
  assert.equal(rig.send(udp({ ...way(v4), from: v4.client(5001) }))![9], 4)
})

test("what a router says about a tunnel's packet is believed for ten minutes", () => {
  const [said, quiet] = [1300, 599_000]
  const rig = rigOf('-t', v4, v4.web1(80), '-i')
  rig.send(tcp({ ...way(v4), flags: 'S' }))
  const long = tcp({ ...way(v4), payload: 'x'.repeat(1400), dontFragment: true })
  const carried = rig.send(long)!
  assert.equal(carried.length, long.bytes.length + 20)
  const about: Built = { bytes: carried, partial: false }
  rig.send(icmpError({ from: v4.router, to: bare(v4.director), type: 3, code: 4, rest: said, about }))
  const told = rig.send(long)!
  assert.deepEqual([told[20], told[21], (told[26] << 8) | told[27]], [3, 4, said - 20])
  assert.deepEqual(rig.drops(), { tooBig: 1 })
  const fits = tcp({ ...way(v4), payload: 'x'.repeat(said - 20 - 40), dontFragment: true })
  assert.equal(rig.send(fits)!.length, said)
  rig.wait(quiet)
  rig.send(fits)
  assert.notDeepEqual(rig.send(long), carried)
  rig.wait(2000)
  assert.equal(rig.send(long)!.length, carried.length, 'it is tried again')
})

test('an error that names a tiny MTU is not believed whole', () => {
  const rig = rigOf('-t', v4, v4.web1(80), '-i')
  rig.send(tcp({ ...way(v4), flags: 'S' }))
  const about: Built = { bytes: rig.send(tcp({ ...way(v4), payload: 'x'.repeat(600) }))!, partial: false }
  rig.send(icmpError({ from: v4.router, to: bare(v4.director), type: 3, code: 4, rest: 68, about }))
  const fits = tcp({ ...way(v4), payload: 'x'.repeat(552 - 20 - 40), dontFragment: true })
  assert.equal(rig.send(fits)!.length, 552)
})

test('connections by gate and tunnel outlive the process', () => {
  for (const words of ['-g', '-i']) {
    const rig = rigOf('-t', v4, v4.web1(80), words)
    rig.send(tcp({ ...way(v4), flags: 'S' }))
    const expected = rig.send(tcp({ ...way(v4), flags: 'A' }))
    const next = rig.restart()
    assert.deepEqual(next.send(tcp({ ...way(v4), flags: 'A' })), expected)
    assert.deepEqual(next.books(), { connections: 1, active: [1], inactive: [0], persistent: [0], ports: 0 })
    next.wait(16 * 60_000)
    assert.equal(next.books().connections, 0)
  }
})

test('answers of a removed real server are wanted where its connections need them: in masq alone', () => {
  const real = (words: string) => {
    const rig = rigOf('-u', v4, v4.web1(80), words)
    rig.send(udp(way(v4)))
    rig.run(`ipvsadm -d -u ${v4.vip(80)} -r ${v4.web1(80)}`)
    return rig.engine.lingering().map((one) => one.real?.port ?? null)
  }
  assert.deepEqual(real('-m'), [80])
  assert.deepEqual(real('-g'), [null])
  assert.deepEqual(real('-i'), [null])
})

/** Of the whole: IPv4's and IPv6's stand elsewhere, both are chosen by who cuts. The header checksum goes along. */
function withoutId(pieces: Uint8Array[]): Uint8Array[] {
  return pieces.map((bytes) => {
    const copy = bytes.slice()
    if (copy[0] >>> 4 === 4) copy.fill(0, 4, 6).fill(0, 10, 12)
    else copy.fill(0, 44, 48)
    return copy
  })
}
