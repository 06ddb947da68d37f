import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Protocol } from '../wire/frame.js'
import { stream } from './fixture.js'
import { PortAllocator } from './ports.js'
import { bits, space, span, tuple } from './ports-fixture.js'
import { hashOf } from './space.js'

test('hands out every port of a class exactly once, then none, then the one given back', () => {
  for (const [wanted, from, to] of [
    [7, 1, 511],
    [600, 600, 1023],
    [1024, 1024, 65535],
  ]) {
    const allocator = new PortAllocator(stream(wanted))
    const { take, give } = space(allocator)
    const got = new Set<number>()
    for (const _ of span(from, to)) got.add(take(wanted))
    assert.deepEqual(
      [...got].sort((a, b) => a - b),
      [...span(from, to)],
    )
    assert.equal(take(wanted), -1)
    for (const port of [from, to, (from + to) >> 1]) {
      assert.equal(give(port), true)
      assert.equal(take(wanted), port)
      assert.equal(take(wanted), -1)
    }
  }
})

test('gives ranges of one to three ports out whole, then runs dry', () => {
  for (const size of [1, 2, 3])
    for (const from of [1, 30, 31, 1023, 1024, 32766, 65533]) {
      const { take, give } = space(new PortAllocator(stream(from)))
      const got = [...span(1, size)].map(() => take(5000, from, from + size - 1))
      assert.deepEqual(
        got.sort((a, b) => a - b),
        [...span(from, from + size - 1)],
      )
      assert.equal(take(5000, from, from + size - 1), -1)
      give(from)
      assert.equal(take(from, from, from + size - 1), from)
    }
})

test('hands a port that came back out only after all others that are free', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 65000 }),
      fc.integer({ min: 1, max: 80 }),
      fc.array(fc.nat(), { maxLength: 60 }),
      (from, size, held) => {
        const to = from + size - 1
        const { take, give } = space(new PortAllocator(stream(from)))
        const busy = new Set(held.map((n) => from + (n % size)))
        const taken = [...span(from, to)].map(() => take(0, from, to))
        for (const port of taken) if (!busy.has(port)) give(port)
        const rounds = [1, 2].map(() =>
          taken.slice(busy.size).map(() => {
            const port = take(0, from, to)
            give(port)
            return port
          }),
        )
        assert.equal(new Set(rounds[0]).size, size - busy.size)
        assert.deepEqual(rounds[1], rounds[0])
      },
    ),
  )
})

test('a port stays late in its turn although its space went empty in between', () => {
  const { take, give } = space(new PortAllocator(stream(1)))
  const first = take(0, 2000, 2009)
  give(first)
  const others = [...span(1, 9)].map(() => {
    const port = take(0, 2000, 2009)
    give(port)
    return port
  })
  assert.ok(!others.includes(first))
  assert.equal(take(0, 2000, 2009), first)
})

test('keeps the own port where netfilter does', () => {
  const { take } = space(new PortAllocator(stream(1)))
  assert.equal(take(550), 550, 'without a range any port is kept, also one of no class')
  assert.ok(take(550) >= 600, 'the class of 512 to 1023 begins at 600')
  assert.equal(take(40000, 30000, 50000), 40000)
  assert.notEqual(take(29999, 30000, 50000), 29999)
  assert.notEqual(take(0), 0)
  const given = take(40001, 40001, 40001, false)
  assert.equal(given, 40001, 'not kept, yet the only one of its range')
})

test('a random port is drawn from the whole range', () => {
  const { take, give } = space(new PortAllocator(stream(99)))
  const got = new Set<number>()
  for (let i = 0; i < 2000; i++) {
    const port = take(5000, 5000, 5063, false)
    got.add(port)
    give(port)
  }
  assert.equal(got.size, 64)
})

test('never hands out a port of a local socket, for the protocol it belongs to', () => {
  const allocator = new PortAllocator(stream(1))
  const tcp = space(allocator)
  const before = tcp.take(2000)
  allocator.exclude(bits(span(1024, 65533)), bits([5353]))
  assert.equal(before, 2000)
  assert.deepEqual([tcp.take(2001), tcp.take(2001), tcp.take(2001)].sort(), [-1, 65534, 65535])
  assert.notEqual(space(allocator, tuple(1), 80, Protocol.udp).take(5353), 5353)
  assert.equal(space(allocator, tuple(1), 80, Protocol.sctp).take(2000), 2000)
  assert.equal(tcp.give(2000), true)
  assert.equal(tcp.take(2000), -1, 'given back, but excluded since')
  assert.equal(tcp.claim(2000), true, 'a connection that exists already keeps it')
  allocator.exclude(bits([]), bits([]))
  assert.equal(tcp.take(2001), 2001)
  assert.notEqual(tcp.take(2000), 2000)
})

test('a port excluded while in use leaves nothing free behind when it is given back', () => {
  const allocator = new PortAllocator(stream(1))
  const { take, give } = space(allocator)
  for (const _ of span(1024, 1119)) take(0, 1024, 1119)
  allocator.exclude(bits([1060]), bits([]))
  assert.equal(take(0, 1024, 1119), -1)
  assert.equal(give(1060), true)
  assert.equal(take(0, 1024, 1119), -1)
})

test('the one port of a thousand that is not excluded is found again', () => {
  const allocator = new PortAllocator(stream(1))
  const { take, give } = space(allocator)
  allocator.exclude(bits([...span(2048, 3071)].filter((port) => port !== 2050)), bits([]))
  for (const _ of span(1024, 2047)) take(0, 1024, 2047)
  for (let i = 0; i < 3; i++) {
    assert.equal(take(0, 1024, 3071), 2050)
    assert.equal(take(0, 1024, 3071), -1)
    assert.equal(give(2050), true)
  }
})

test('spaces are independent: server, server port, source and protocol each make another', () => {
  const allocator = new PortAllocator(stream(1))
  for (const s of [
    space(allocator),
    space(allocator, tuple(2)),
    space(allocator, tuple(1, 2)),
    space(allocator, tuple(1), 81),
    space(allocator, tuple(1), 80, Protocol.udp),
  ])
    assert.equal(s.take(40000), 40000)
  assert.equal(allocator.spaceCount, 5)
  assert.equal(allocator.used, 5)
})

test('tells spaces apart whose hashes are the same', () => {
  const random = stream(5)
  const byHash = new Map<number, Int32Array>()
  let pairs = 0
  while (pairs < 2) {
    const words = tuple(random() | 0, random() | 0)
    const hash = hashOf(words, 0, 4, (Protocol.tcp << 16) | 80)
    const other = byHash.get(hash)
    byHash.set(hash, words)
    if (other === undefined || other.join() === words.join()) continue
    pairs++
    const allocator = new PortAllocator(random)
    assert.ok(space(allocator, words).claim(9) && space(allocator, other).claim(9))
    assert.equal(allocator.spaceCount, 2)
  }
})

test('reports every space with its use', () => {
  const allocator = new PortAllocator(stream(1))
  const one = space(allocator, tuple(7, -8), 443, Protocol.udp)
  one.take(1000)
  one.take(2000)
  space(allocator, tuple(9)).claim(5)
  const seen: unknown[] = []
  allocator.forEachSpace((use) => seen.push([...use.words, use.protocol, use.destinationPort, use.used]))
  assert.deepEqual(
    seen.sort((a, b) => String(a).localeCompare(String(b))),
    [
      [0, 0, 0xffff, 7, 0, 0, 0xffff, -8, Protocol.udp, 443, 2],
      [0, 0, 0xffff, 9, 0, 0, 0xffff, 1, Protocol.tcp, 80, 1],
    ],
  )
})

test('sums up what each source address has in use', () => {
  const allocator = new PortAllocator(stream(1))
  for (const [source, destination, ports] of [
    [1, 1, 3],
    [1, 2, 5],
    [2, 1, 1],
  ])
    for (let i = 0; i < ports; i++) space(allocator, tuple(source, destination)).take(40000)
  assert.deepEqual(
    allocator.sources().sort((a, b) => a.address.localeCompare(b.address)),
    [
      { address: '0.0.0.1', used: 8, spaces: 2, fullest: 5 },
      { address: '0.0.0.2', used: 1, spaces: 1, fullest: 1 },
    ],
  )
})

test('empty spaces are given back, the longest empty first, and those in use never', () => {
  const allocator = new PortAllocator(stream(1))
  const visit = (source: number, stay: boolean) => {
    const { claim, give } = space(allocator, tuple(source))
    assert.equal(claim(4000), true)
    if (!stay) assert.equal(give(4000), true)
  }
  for (let source = 0; source < 20000; source++) visit(source, source < 10000 && source % 10 === 0)
  const { bytes } = allocator
  for (let source = 20000; source < 60000; source++) visit(source, false)
  assert.equal(allocator.bytes, bytes, 'memory is bounded')
  assert.equal(allocator.spaceCount, 1000 + 4096)
  const left = new Set<number>()
  allocator.forEachSpace(({ words }) => left.add(words[3]))
  assert.ok(left.has(59999) && left.has(60000 - 4096) && !left.has(60000 - 4097))
  for (let source = 0; source < 10000; source += 10)
    assert.equal(space(allocator, tuple(source)).claim(4000), false, 'still found, after so many others went')
})
