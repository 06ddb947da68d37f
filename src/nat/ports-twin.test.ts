import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Protocol } from '../wire/frame.js'
import { stream } from './fixture.js'
import { PortAllocator } from './ports.js'
import { bits, space, span, tuple } from './ports-fixture.js'

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

/** What may happen to four spaces, with ports around `low`..`high` and as many takes at once as that fills. */
function operations(low: number, high: number) {
  const port = fc.oneof(fc.integer({ min: low, max: high }), fc.constantFrom(low, low + 1, high - 1, high))
  const length = fc.oneof(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: high - low }))
  const span = fc.tuple(port, length).map(([from, more]) => [from, Math.max(1, Math.min(high, from + more))] as const)
  const range = fc.oneof(
    { weight: 3, arbitrary: span },
    { weight: 2, arbitrary: fc.constant([Math.max(1, low), high] as const) },
    { weight: 1, arbitrary: fc.constant([0, 0] as const) },
  )
  const which = fc.integer({ min: 0, max: 3 })
  const times = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: Math.min(high - low, 1500) }))
  const take = fc.record({ kind: fc.constant('take' as const), which, port, range, keep: fc.boolean(), times })
  const give = fc.record({ kind: fc.constant('give' as const), which, nth: fc.nat(), times })
  const givePort = fc.record({ kind: fc.constant('give port' as const), which, port })
  const claim = fc.record({
    kind: fc.constant('claim' as const),
    which,
    port: fc.oneof(port, fc.constantFrom(-1, 0, 65536)),
  })
  const exclude = fc.record({
    kind: fc.constant('exclude' as const),
    range: span,
    every: fc.integer({ min: 1, max: 40 }),
    but: fc.boolean(),
  })
  return fc.array(
    fc.oneof(
      { weight: 8, arbitrary: take },
      { weight: 4, arbitrary: give },
      { weight: 1, arbitrary: givePort },
      { weight: 1, arbitrary: claim },
      { weight: 2, arbitrary: exclude },
    ),
    { maxLength: 60 },
  )
}

type Operation = ReturnType<typeof operations> extends fc.Arbitrary<(infer T)[]> ? T : never

/** Runs the sequence on the allocator and on twins; they answer the same at every step. */
function compare(sequence: Operation[], seed: number): void {
  const allocator = new PortAllocator(stream(seed))
  const draw = stream(seed)
  const twins = [0, 1, 2, 3].map(() => new Twin(draw))
  // the same source to two servers, two ports of one server, and another protocol
  const spaces = [
    space(allocator, tuple(1, 1), 80),
    space(allocator, tuple(1, 2), 80),
    space(allocator, tuple(1, 1), 81),
    space(allocator, tuple(1, 1), 80, Protocol.udp),
  ]
  for (const o of sequence) {
    if (o.kind === 'exclude') {
      const tcp = new Set([...span(o.range[0], o.range[1])].filter((port) => (port % o.every === 0) !== o.but))
      allocator.exclude(bits(tcp), bits([53]))
      for (const [i, twin] of twins.entries()) twin.blocked = i === 3 ? new Set([53]) : tcp
      continue
    }
    const [real, twin] = [spaces[o.which], twins[o.which]]
    if (o.kind === 'give port') assert.equal(real.give(o.port), twin.give(o.port))
    else if (o.kind === 'claim') assert.equal(real.claim(o.port), twin.claim(o.port))
    else if (o.kind === 'take')
      for (let i = 0; i < o.times; i++)
        assert.equal(
          real.take(o.port, o.range[0], o.range[1], o.keep),
          twin.take(o.port, o.range[0], o.range[1], o.keep),
        )
    else {
      const used = [...twin.used]
      for (let i = 0; i < Math.min(o.times, used.length); i++) {
        const port: number = used[(o.nth + i) % used.length]
        assert.equal(real.give(port), twin.give(port))
      }
    }
  }
  const used = twins.reduce((sum, twin) => sum + twin.used.size, 0)
  assert.equal(allocator.used, used)
}

const seed = fc.integer({ min: 1, max: 1e9 })

test('does what a set and a linear search do: few ports of many', () => {
  fc.assert(fc.property(operations(0, 65535), seed, compare), { numRuns: 100 })
})

test('does what a set and a linear search do: words of 32 ports filled, blocked and emptied', () => {
  for (const low of [0, 976, 32720, 65440])
    fc.assert(fc.property(operations(low, low + 95), seed, compare), { numRuns: 200 })
})

test('does what a set and a linear search do: pages of 1024 ports filled, blocked and emptied', () => {
  for (const low of [0, 31700, 63400])
    fc.assert(fc.property(operations(low, low + 2135), seed, compare), { numRuns: 40 })
})
