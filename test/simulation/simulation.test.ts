import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from '../../src/commands/command.js'
import { bytesFor } from '../../src/conn/table.js'
import { ruleSpec } from '../../src/model/fixture.js'
import { defaults } from '../../src/model/state.js'
import { Director } from './director.js'
import { Client, Server } from './endpoint.js'
import { Network, type Weather } from './network.js'
import { decode } from './segment.js'

const FAIR: Weather = { loss: 0, duplication: 0, delayMs: [1, 1] }
const STORM: Weather = { loss: 0.15, duplication: 0.1, delayMs: [1, 400] }

interface Site {
  family: 4 | 6
  virtual: string
  source: string
  servers: string[]
  client: (n: number) => string
}

const V4: Site = {
  family: 4,
  virtual: '192.0.2.45',
  source: '192.0.2.10',
  servers: ['192.0.2.21', '192.0.2.22', '192.0.2.23'],
  client: (n) => `198.51.100.${n + 1}`,
}

const V6: Site = {
  family: 6,
  virtual: '2001:db8::45',
  source: '2001:db8::10',
  servers: ['2001:db8::21', '2001:db8::22', '2001:db8::23'],
  client: (n) => `2001:db8:1::${(n + 1).toString(16)}`,
}

function configuration(site: Site, ports: { from: number; to: number } | null): Command[] {
  const { family } = site
  const service = { family, protocol: 'tcp' as const, address: site.virtual, port: 80, fwmark: 0 }
  const options = {
    scheduler: 'wrr',
    schedulerFlags: 0,
    persistence: 0,
    persistenceMask: family === 4 ? 32 : 128,
    persistenceEngine: '',
    onePacket: false,
  }
  const tunnel = { type: 'ipip' as const, port: 0, checksum: 'nocsum' as const }
  const destination = { method: 'masq' as const, weight: defaults.weight, upperThreshold: 0, lowerThreshold: 0, tunnel }
  return [
    { kind: 'service.add', key: service, options },
    ...site.servers.map((address) => ({
      kind: 'destination.add' as const,
      service,
      key: { address, port: 8080 },
      options: destination,
    })),
    {
      kind: 'rule.append',
      table: 'nat',
      family,
      chain: 'POSTROUTING',
      packets: 0,
      bytes: 0,
      rule: ruleSpec(
        {
          kind: 'SNAT',
          addresses: { from: site.source, to: site.source },
          ports,
          random: false,
          randomFully: false,
          persistent: false,
        },
        { protocol: { invert: false, value: 6 } },
      ),
    },
  ]
}

interface Run {
  network: Network
  director: Director
  servers: Server[]
  clients: Client[]
}

function begin(seed: number, weather: Weather, site: Site, ports: { from: number; to: number } | null = null): Run {
  const network = new Network(seed, weather)
  const director = new Director(network, [site.virtual, site.source])
  director.do(...configuration(site, ports))
  const servers = site.servers.map((address, i) => new Server(network, address, `web${i}`))
  return { network, director, servers, clients: [] }
}

/**
 * `count` clients on `hosts` hosts, all hosts using the same few source ports, spread over `spreadMs`; `stamps` says which
 * hosts have timestamps.
 */
function connect(
  run: Run,
  site: Site,
  count: number,
  hosts: number,
  spreadMs: number,
  stamps = (_host: number) => false,
): void {
  const byTuple = new Map<string, Client>()
  for (let h = 0; h < hosts; h++)
    run.network.attach(site.client(h), (bytes) => {
      const segment = decode(bytes)
      assert.equal(segment.from, site.virtual, 'a client heard from another address than the virtual one')
      byTuple.get(`${segment.to} ${segment.toPort}`)?.receive(segment)
    })
  for (let i = 0; i < count; i++) {
    const host = site.client(i % hosts)
    const port = 40_000 + Math.floor(i / hosts)
    run.network.after(run.network.chance() * spreadMs, () => {
      const client = new Client(run.network, host, port, site.virtual, 80, stamps(i % hosts))
      byTuple.set(`${host} ${port}`, client)
      run.clients.push(client)
    })
  }
}

const served = (run: Run) => run.clients.filter((client) => client.outcome.startsWith('web')).length

for (const site of [V4, V6]) {
  for (const seed of [1, 20_261_122, 0x7ea]) {
    test(`IPv${site.family} in a storm, seed ${seed}: every client is served its own answer, and nothing stays behind`, () => {
      const run = begin(seed, STORM, site)
      connect(run, site, 600, 20, 20_000)
      run.network.runUntil(120_000)
      assert.equal(served(run), 600)
      for (const server of run.servers) assert.deepEqual([...server.peers], [site.source])
      run.network.runUntil(2_000_000)
      assert.equal(run.director.engine.status().connections, 0)
      assert.equal(run.director.engine.ports.used, 0)
      for (const { active, inactive } of run.director.engine.services()[0].destinations)
        assert.deepEqual([active, inactive], [0, 0])
    })
  }
}

test('the same seed is the same history, another seed is not', () => {
  const fingerprint = (seed: number) => {
    const run = begin(seed, STORM, V4)
    connect(run, V4, 100, 5, 5000)
    run.network.runUntil(60_000)
    return run.network.history
  }
  assert.equal(fingerprint(7), fingerprint(7))
  assert.notEqual(fingerprint(7), fingerprint(8))
})

test('a pool of ten ports: a counted reason while all are in use, then those in TIME_WAIT are used again', () => {
  const run = begin(3, FAIR, V4, { from: 5000, to: 5009 })
  const events: string[] = []
  run.director.engine.events.listener = (event) => events.push(event.code)
  connect(run, V4, 40, 40, 1)
  run.network.runUntil(5000)
  assert.equal(served(run), 40)
  const { drops, earlyPorts } = run.director.engine.status()
  assert.ok(drops.poolDry > 0)
  assert.equal(earlyPorts, 10)
  assert.deepEqual([...new Set(events)].sort(), ['pool-dry', 'pool-tight'])
  assert.ok(events.length <= 6, events.join())
})

for (const site of [V4, V6]) {
  test(`IPv${site.family}, few ports: no server refuses the SYN of another client in its TIME_WAIT`, () => {
    const run = begin(29, { loss: 0.02, duplication: 0, delayMs: [1, 60] }, site, { from: 5000, to: 5099 })
    connect(run, site, 3000, 30, 60_000, (host) => host % 3 !== 0)
    run.network.runUntil(300_000)
    assert.equal(served(run), 3000)
    assert.ok(run.director.engine.status().earlyPorts > 1000, `${run.director.engine.status().earlyPorts}`)
    assert.deepEqual(
      run.servers.map(({ refused }) => refused),
      [0, 0, 0],
    )
    run.network.runUntil(2_000_000)
    assert.equal(run.director.engine.status().connections, 0)
    assert.equal(run.director.engine.ports.used, 0)
  })
}

test('weight 0: running connections finish, new ones go elsewhere', () => {
  const run = begin(5, { ...STORM, loss: 0.05 }, V4)
  connect(run, V4, 90, 9, 3000)
  run.network.runUntil(1500)
  const service = { family: 4 as const, protocol: 'tcp' as const, address: V4.virtual, port: 80, fwmark: 0 }
  const tunnel = { type: 'ipip' as const, port: 0, checksum: 'nocsum' as const }
  const options = { method: 'masq' as const, weight: 0, upperThreshold: 0, lowerThreshold: 0, tunnel }
  run.director.do({ kind: 'destination.edit', service, key: { address: V4.servers[0], port: 8080 }, options })
  const held = run.director.engine.connections(run.network.nowMs).filter((c) => c.destination === V4.servers[0]).length
  run.network.runUntil(100_000)
  assert.equal(served(run), 90)
  assert.ok(
    held > 0 && run.servers[0].served <= held && run.servers[0].served > 0,
    `${run.servers[0].served} of ${held}`,
  )
})

test('the director dies in the middle: the next one goes on with the same connections', () => {
  const memory = new ArrayBuffer(bytesFor(8192))
  const network = new Network(11, { ...STORM, loss: 0.05 })
  const first = new Director(network, [V4.virtual, V4.source], memory)
  first.do(...configuration(V4, null))
  const servers = V4.servers.map((address, i) => new Server(network, address, `web${i}`))
  const run: Run = { network, director: first, servers, clients: [] }
  connect(run, V4, 200, 10, 4000)
  network.runUntil(2000)
  const before = first.engine.status().connections
  network.attach(V4.virtual, () => {})
  network.attach(V4.source, () => {})
  network.runUntil(2500)
  const second = new Director(network, [V4.virtual, V4.source], memory)
  second.install(first.state)
  assert.ok(before > 20 && second.engine.status().connections === before, `${before} connections`)
  network.runUntil(120_000)
  assert.equal(served(run), 200)
  assert.equal(second.engine.status().drops.untracked ?? 0, 0)
})
