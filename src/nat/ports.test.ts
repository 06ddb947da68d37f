import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stream } from './fixture.js'
import { PortAllocator } from './ports.js'

const TCP = 6
const UDP = 17
const SCTP = 132

/** Source at 0, destination at 4. */
const tuple = (source: number, destination = 1) => Int32Array.of(0, 0, 0xffff, source, 0, 0, 0xffff, destination)

/** The allocator with its key fixed: one space. */
function space(allocator: PortAllocator, words = tuple(1), destinationPort = 80, protocol = TCP) {
  return {
    take: (wanted: number, from = 0, to = 0, keep = true) =>
      allocator.take(words, 0, 4, destinationPort, protocol, wanted, from, to, keep),
    give: (port: number) => allocator.give(words, 0, 4, destinationPort, protocol, port),
    claim: (port: number) => allocator.claim(words, 0, 4, destinationPort, protocol, port),
  }
}

/** Ports as the 65 536 bits `exclude` wants. */
function bits(ports: Iterable<number>): Uint32Array {
  const words = new Uint32Array(2048)
  for (const port of ports) words[port >>> 5] |= 1 << (port & 31)
  return words
}

function* span(from: number, to: number) {
  for (let port = from; port <= to; port++) yield port
}

/** The allocator again, by a Set and a linear search. */
class Twin {
  readonly used = new Set<number>()
  readonly cursors = [0, 0, 0, 0]
  blocked = new Set<number>()
  private readonly random: () => number

  constructor(random: () => number) {
    this.random = random
  }

  private free(port: number): boolean {
    return port > 0 && !this.used.has(port) && !this.blocked.has(port)
  }

  take(wanted: number, from: number, to: number, keep: boolean): number {
    const inRange = to === 0 || (wanted >= from && wanted <= to)
    if (keep && inRange && this.free(wanted)) return this.mark(wanted)
    const kind = wanted < 512 ? 0 : wanted < 1024 ? 1 : 2
    const [low, high] =
      to > 0 ? [Math.max(1, from), to] : [[1, 511] as const, [600, 1023] as const, [1024, 65535] as const][kind]
    const slot = to > 0 ? 3 : kind
    const size = high - low + 1
    let start = keep ? this.cursors[slot] : 0
    if (start === high + 1) start = low
    if (start < low || start > high) start = low + Math.floor((this.random() / 2 ** 32) * size)
    for (let i = 0; i < size; i++) {
      const port = low + ((start - low + i) % size)
      if (!this.free(port)) continue
      if (keep) this.cursors[slot] = port + 1
      return this.mark(port)
    }
    return -1
  }

  private mark(port: number): number {
    this.used.add(port)
    return port
  }

  give(port: number): boolean {
    return this.used.delete(port)
  }

  claim(port: number): boolean {
    if (port < 1 || port > 65535 || this.used.has(port)) return false
    this.used.add(port)
    return true
  }
}

const anyPort = fc.oneof(
  fc.integer({ min: 0, max: 65535 }),
  fc.constantFrom(0, 1, 31, 32, 511, 512, 599, 600, 1023, 1024, 2047, 2048, 32767, 32768, 65504, 65535),
)
const range = fc.oneof(
  fc.constant([0, 0] as const),
  fc
    .tuple(anyPort, fc.integer({ min: 0, max: 2 }))
    .map(([from, more]) => [from, Math.min(65535, Math.max(1, from + more))] as const),
  fc
    .tuple(anyPort, fc.integer({ min: 0, max: 3000 }))
    .map(([from, more]) => [from, Math.min(65535, Math.max(1, from + more))] as const),
)
const which = fc.integer({ min: 0, max: 3 })
const operation = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('take' as const),
      which,
      port: anyPort,
      range,
      keep: fc.boolean(),
      times: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('give' as const), which, nth: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('give port' as const), which, port: anyPort }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), which, port: fc.integer({ min: -1, max: 65536 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('exclude' as const),
      from: anyPort,
      more: fc.integer({ min: 0, max: 5000 }),
      every: fc.integer({ min: 1, max: 7 }),
    }),
  },
)

test('does what a set and a linear search do, whatever the sequence', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 120 }), fc.integer({ min: 1, max: 1e9 }), (operations, seed) => {
      const allocator = new PortAllocator(stream(seed))
      const draw = stream(seed)
      const twins = [0, 1, 2, 3].map(() => new Twin(draw))
      // the same source to two servers, two ports of one server, and another protocol
      const spaces = [
        space(allocator, tuple(1, 1), 80),
        space(allocator, tuple(1, 2), 80),
        space(allocator, tuple(1, 1), 81),
        space(allocator, tuple(1, 1), 80, UDP),
      ]
      for (const o of operations) {
        if (o.kind === 'exclude') {
          const tcp = new Set([...span(o.from, Math.min(65535, o.from + o.more))].filter((p) => p % o.every === 0))
          allocator.exclude(bits(tcp), bits([53]))
          for (const [i, twin] of twins.entries()) twin.blocked = i === 3 ? new Set([53]) : tcp
          continue
        }
        const [real, twin] = [spaces[o.which], twins[o.which]]
        if (o.kind === 'take')
          for (let i = 0; i < o.times; i++)
            assert.equal(
              real.take(o.port, o.range[0], o.range[1], o.keep),
              twin.take(o.port, o.range[0], o.range[1], o.keep),
            )
        else if (o.kind === 'give port') assert.equal(real.give(o.port), twin.give(o.port))
        else if (o.kind === 'claim') assert.equal(real.claim(o.port), twin.claim(o.port))
        else if (twin.used.size > 0) {
          const port = [...twin.used][o.nth % twin.used.size]
          assert.equal(real.give(port), twin.give(port))
        }
      }
      assert.equal(
        allocator.used,
        twins.reduce((sum, twin) => sum + twin.used.size, 0),
      )
    }),
    { numRuns: 300 },
  )
})

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
  assert.notEqual(space(allocator, tuple(1), 80, UDP).take(5353), 5353)
  assert.equal(space(allocator, tuple(1), 80, SCTP).take(2000), 2000)
  assert.equal(tcp.give(2000), true)
  assert.equal(tcp.take(2000), -1, 'given back, but excluded since')
  assert.equal(tcp.claim(2000), true, 'a connection that exists already keeps it')
  allocator.exclude(bits([]), bits([]))
  assert.equal(tcp.take(2001), 2001)
  assert.notEqual(tcp.take(2000), 2000)
})

test('spaces are independent: server, server port, source and protocol each make another', () => {
  const allocator = new PortAllocator(stream(1))
  for (const s of [
    space(allocator),
    space(allocator, tuple(2)),
    space(allocator, tuple(1, 2)),
    space(allocator, tuple(1), 81),
    space(allocator, tuple(1), 80, UDP),
  ])
    assert.equal(s.take(40000), 40000)
  assert.equal(allocator.spaceCount, 5)
  assert.equal(allocator.used, 5)
})

test('reports every space with its use', () => {
  const allocator = new PortAllocator(stream(1))
  const one = space(allocator, tuple(7, -8), 443, UDP)
  one.take(1000)
  one.take(2000)
  space(allocator, tuple(9)).claim(5)
  const seen: unknown[] = []
  allocator.forEachSpace((use) => seen.push([...use.words, use.protocol, use.destinationPort, use.used]))
  assert.deepEqual(
    seen.sort((a, b) => String(a).localeCompare(String(b))),
    [
      [0, 0, 0xffff, 7, 0, 0, 0xffff, -8, UDP, 443, 2],
      [0, 0, 0xffff, 9, 0, 0, 0xffff, 1, TCP, 80, 1],
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
