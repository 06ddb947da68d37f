import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { format } from '../address/words.js'
import type { SourceSpec } from './chain.js'
import { packet, sourceSpec, stream, words } from './fixture.js'
import type { NatPacket } from './packet.js'
import { PortAllocator } from './ports.js'
import { Outcome, SourceSelector } from './source.js'
import { Binding, type WalkResult } from './walk.js'

const none: WalkResult = { kind: Binding.none, source: null }
const snat = (source: SourceSpec): WalkResult => ({ kind: Binding.snat, source })
const to = (text: string, changes: Partial<SourceSpec> = {}) => snat(sourceSpec(text, changes))

/** A director's connections: opened through the selector, kept in a set of their reply tuples. */
class Connections {
  readonly allocator: PortAllocator
  readonly selector: SourceSelector
  readonly live = new Map<string, { packet: NatPacket; address: Int32Array; port: number; pooled: boolean }>()

  constructor(seed = 1) {
    const random = stream(seed)
    this.allocator = new PortAllocator(random)
    const taken = (protocol: number, reply: Int32Array, at: number, ports: number): boolean =>
      this.live.has(this.key(protocol, reply.subarray(at, at + 4), reply.subarray(at + 4, at + 8), ports))
    this.selector = new SourceSelector(this.allocator, { taken, release: () => false }, random)
  }

  private key(protocol: number, server: ArrayLike<number>, source: ArrayLike<number>, ports: number): string {
    return [protocol, format(server), format(source), ports >>> 16, ports & 0xffff].join(' ')
  }

  /** 'address port' of the source, or how it ended; asserts that nobody else has it. */
  open(syn: NatPacket, walk: WalkResult): string {
    const { outcome, port, pooled, address } = this.selector.select(syn, walk)
    if (outcome === Outcome.dry) return 'dry'
    if (outcome === Outcome.drop) return 'drop'
    const own = port === syn.sourcePort && format(address) === format(syn.words)
    assert.equal(outcome, own ? Outcome.kept : Outcome.translated)
    const key = this.key(syn.protocol, syn.words.slice(4, 8), address, (syn.destinationPort << 16) | port)
    assert.ok(!this.live.has(key), `${key} belongs to another connection`)
    this.live.set(key, { packet: syn, address: address.slice(), port, pooled })
    return `${format(address)} ${port}`
  }

  end(nth: number): void {
    const key = [...this.live.keys()][nth % this.live.size]
    const { packet, address, port, pooled } = this.live.get(key)!
    const tuple = Int32Array.of(...address, ...packet.words.subarray(4, 8))
    if (pooled) assert.ok(this.allocator.give(tuple, 0, 4, packet.destinationPort, packet.protocol, port))
    this.live.delete(key)
  }
}

const syn = (client: string, sourcePort: number, changes: Partial<NatPacket> = {}) =>
  packet(`${client} 172.16.0.11 10.0.0.100`, { sourcePort, ...changes })

test('one address: the port is kept while it is free, then another of its class', () => {
  const connections = new Connections()
  assert.equal(connections.open(syn('10.0.0.2', 40000), to('192.0.2.1')), '192.0.2.1 40000')
  assert.match(connections.open(syn('10.0.0.3', 40000), to('192.0.2.1')), /^192\.0\.2\.1 (?!40000$)\d{4,5}$/)
  assert.equal(connections.open(syn('10.0.0.3', 40000, { destinationPort: 81 }), to('192.0.2.1')), '192.0.2.1 40000')
  const other = packet('10.0.0.4 172.16.0.12 10.0.0.100', { sourcePort: 40000 })
  assert.equal(connections.open(other, to('192.0.2.1')), '192.0.2.1 40000', 'another real server')
  assert.equal(connections.open(packet('2001:db8::9 2001:db8::2 2001:db8::1'), to('2001:db8::5')), '2001:db8::5 40000')
})

test('a given range of ports, and a random one, never keep what lies outside or what is forbidden to be kept', () => {
  const connections = new Connections()
  const ports = { firstPort: 5000, lastPort: 5001 }
  const got = [1, 2, 3].map((n) => connections.open(syn(`10.0.0.${n}`, 40000), to('192.0.2.1', ports)))
  assert.deepEqual(got.sort(), ['192.0.2.1 5000', '192.0.2.1 5001', 'dry'])
  const random = new Set<string>()
  for (let i = 0; i < 20; i++)
    random.add(connections.open(syn('10.0.0.2', 2000 + i), to('192.0.2.9', { random: true })))
  assert.ok(!Array.from({ length: 20 }, (_, i) => `192.0.2.9 ${2000 + i}`).some((kept) => random.has(kept)))
})

test('no rule: the client stays itself, unless another connection already answers to that', () => {
  const connections = new Connections()
  const { selector } = connections
  assert.equal(connections.open(syn('10.0.0.2', 40000), none), '10.0.0.2 40000')
  assert.match(connections.open(syn('10.0.0.2', 40000), none), /^10\.0\.0\.2 (?!40000$)\d+$/)
  const source = selector.select(syn('10.0.0.3', 40000), none)
  assert.deepEqual([source.outcome, source.pooled, source.port], [Outcome.kept, false, 40000])
  assert.equal(connections.allocator.spaceCount, 0, 'a client costs no space')
})

test('only ports (--to-source :P-Q): the client keeps its address', () => {
  const connections = new Connections()
  const ports = to('', { firstPort: 7000, lastPort: 7002 })
  assert.equal(connections.open(syn('10.0.0.2', 7001), ports), '10.0.0.2 7001')
  const rest = [1, 2, 3].map(() => connections.open(syn('10.0.0.2', 9), ports))
  assert.deepEqual(rest.sort(), ['10.0.0.2 7000', '10.0.0.2 7002', 'dry'])
  assert.equal(connections.selector.select(syn('10.0.0.2', 9), ports).pool, 'pool ')
  assert.match(connections.open(syn('10.0.0.3', 9), ports), /^10\.0\.0\.3 700[012]$/)
})

test('MASQUERADE takes the address of the way out, and drops where there is none', () => {
  const connections = new Connections()
  const masquerade: WalkResult = { kind: Binding.masquerade, source: sourceSpec('') }
  const outAddress = words('172.16.0.1')
  assert.equal(connections.open(syn('10.0.0.2', 40000, { outAddress }), masquerade), '172.16.0.1 40000')
  assert.equal(connections.open(syn('10.0.0.2', 40000), masquerade), 'drop')
})

test('a rule or policy that drops', () => {
  assert.equal(new Connections().open(syn('10.0.0.2', 1), { kind: Binding.drop, source: null }), 'drop')
})

test('a range of addresses is used up whole, each port of each address once', () => {
  const connections = new Connections()
  const range = to('192.0.2.10-192.0.2.19', { firstPort: 5000, lastPort: 5002 })
  const got = new Set(Array.from({ length: 30 }, () => connections.open(syn('10.0.0.2', 40000), range)))
  assert.equal(got.size, 30)
  assert.ok(!got.has('dry'))
  assert.equal(connections.open(syn('10.0.0.2', 40000), range), 'dry')
  connections.end(17)
  assert.notEqual(connections.open(syn('10.0.0.77', 40000), range), 'dry')
  assert.equal(connections.open(syn('10.0.0.77', 40000), range), 'dry')
})

test('--persistent: a client has one address for every server, and none but that', () => {
  const connections = new Connections()
  const range = to('192.0.2.10-192.0.2.19', { firstPort: 5000, lastPort: 5000, persistent: true })
  const sources = [11, 12, 13, 14].map((n) => connections.open(packet(`10.0.0.2 172.16.0.${n} 10.0.0.100`), range))
  assert.equal(new Set(sources).size, 1)
  assert.equal(connections.open(syn('10.0.0.2', 40000), range), 'dry')
})

test('a client inside the range keeps its address while its port is free there', () => {
  const connections = new Connections()
  const range = to('10.0.0.1-10.0.0.200')
  for (const n of [1, 50, 99, 200])
    assert.equal(connections.open(syn(`10.0.0.${n}`, 40000), range), `10.0.0.${n} 40000`)
  const random = Array.from({ length: 8 }, (_, i) =>
    connections.open(syn('10.0.0.77', 3000 + i), to('10.0.0.1-10.0.0.200', { random: true })),
  )
  assert.ok(random.some((source) => !source.startsWith('10.0.0.77 ')))
})

test('a client whose own address is a pool too never gets what the pool has, nor the pool what it has', () => {
  const connections = new Connections()
  const ports = { firstPort: 5000, lastPort: 5003 }
  assert.equal(connections.open(syn('192.0.2.1', 5001), none), '192.0.2.1 5001')
  assert.equal(connections.open(syn('10.0.0.2', 5002), to('192.0.2.1', ports)), '192.0.2.1 5002')
  assert.match(connections.open(syn('192.0.2.1', 5002), none), /^192\.0\.2\.1 (?!500[0-3]$)/)
  const rest = [1, 2, 3].map(() => connections.open(syn('10.0.0.2', 5001), to('192.0.2.1', ports)))
  assert.deepEqual(rest.sort(), ['192.0.2.1 5000', '192.0.2.1 5003', 'dry'])
})

const walks = [
  none,
  to('192.0.2.1', { firstPort: 5000, lastPort: 5002 }),
  to('192.0.2.1-192.0.2.3', { firstPort: 5001, lastPort: 5003 }),
  to('192.0.2.2-192.0.2.4', { firstPort: 5001, lastPort: 5001, persistent: true }),
  to('', { firstPort: 5000, lastPort: 5004 }),
  to('192.0.2.3', { firstPort: 5000, lastPort: 5003, random: true }),
]

/** By linear search: whether the rule had a source left for the packet (not for --persistent, whose address is a hash). */
function hasFree(connections: Connections, asked: NatPacket, { source }: WalkResult): boolean {
  const first = source!.first === null ? asked.words[3] : source!.first[3]
  const last = source!.last === null ? asked.words[3] : source!.last[3]
  for (let address = first; address <= last; address++)
    for (let port = source!.firstPort; port <= source!.lastPort; port++) {
      const text = `6 172.16.0.11 ${format([0, 0, 0xffff, address])} 8080 ${port}`
      if (!connections.live.has(text)) return true
    }
  return false
}

test('whatever comes and goes: no tuple twice, and dry only when nothing is free', () => {
  const step = fc.record({
    client: fc.constantFrom('10.0.0.2', '10.0.0.3', '192.0.2.1', '192.0.2.3'),
    port: fc.integer({ min: 4999, max: 5005 }),
    rule: fc.nat(walks.length - 1),
    end: fc.option(fc.nat(), { nil: null }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 1e6 }), (steps, seed) => {
      const connections = new Connections(seed)
      for (const { client, port, rule, end } of steps) {
        if (end !== null && connections.live.size > 0) connections.end(end)
        const asked = syn(client, port)
        if (rule !== 0 && rule !== 3) {
          const free = hasFree(connections, asked, walks[rule])
          assert.equal(connections.open(asked, walks[rule]) !== 'dry', free)
        } else connections.open(asked, walks[rule])
      }
      while (connections.live.size > 0) connections.end(0)
      assert.equal(connections.allocator.used, 0, 'every pooled port came back')
    }),
    { numRuns: 300 },
  )
})
