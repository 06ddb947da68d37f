/**
 * What the TUN port itself costs: packets that go round through the device, the kernel's forwarding and the port again.
 *
 *   node dist/bench/tun-port.js [SECONDS]   in a network namespace of its own
 *
 * CPU time of this process for each 64-byte packet, and garbage collections meanwhile; five rounds.
 */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { writeFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Packet } from '../src/io/port.js'
import { TunPort } from '../src/io/tun/port.js'
import * as rtnetlink from '../src/sys/rtnetlink.js'

const DEVICE = 'bench0'
const MAIN_TABLE = 254
const [SOURCE, DESTINATION] = [0x0a090205, 0x0a090107]
const TTL = 64

if (process.env.FULLNAT_BENCH_NAMESPACE === undefined) enterNamespace()
else await measure(Number(process.argv[2] ?? 1))

function enterNamespace(): void {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  const words = [...user, '--net', process.execPath, fileURLToPath(import.meta.url), ...process.argv.slice(2)]
  const { status } = spawnSync('unshare', words, {
    stdio: 'inherit',
    env: { ...process.env, FULLNAT_BENCH_NAMESPACE: '1' },
  })
  process.exitCode = status ?? 1
}

async function measure(seconds: number): Promise<void> {
  for (const inFlight of [1, 32]) {
    const rounds: Round[] = []
    for (let i = 0; i < 5; i++) rounds.push(await circulate(inFlight, seconds))
    const ns = rounds.map((round) => Math.round(round.ns)).sort((a, b) => a - b)
    const collections = rounds.map((round) => round.collections)
    console.log(`${inFlight} in flight: ${ns[2]} ns a packet (${ns.join(' ')}), collections ${collections.join(' ')}`)
  }
}

interface Round {
  /** CPU time a packet. */
  ns: number
  /** Garbage collections. */
  collections: number
}

async function circulate(inFlight: number, seconds: number): Promise<Round> {
  const port = new TunPort({ name: DEVICE })
  const { index } = rtnetlink.links().find(({ name }) => name === DEVICE)!
  for (const [path, value] of Object.entries({
    forwarding: '1',
    rp_filter: '0',
    send_redirects: '0',
    route_localnet: '1',
  }))
    writeFileSync(`/proc/sys/net/ipv4/conf/${DEVICE}/${path}`, value)
  rtnetlink.setLinkUp(rtnetlink.links().find(({ name }) => name === 'lo')!.index, 65_536, 1000)
  rtnetlink.setLinkUp(index, 65_535, 1000)
  rtnetlink.addRoutes([{ family: 4, table: MAIN_TABLE, interface: index, metric: 1 }])
  const { view } = port
  port.start((packets, count) => {
    for (let i = 0; i < count; i++) if (renew(view, packets[i])) port.transmit(packets[i])
  })
  await inject(inFlight)
  await sleep(300)
  let collections = 0
  const observer = new PerformanceObserver((list) => {
    collections += list.getEntries().length
  })
  observer.observe({ entryTypes: ['gc'] })
  const [packets, cpu] = [port.counters.received, cpuNs()]
  await sleep(seconds * 1000)
  const ns = (cpuNs() - cpu) / (port.counters.received - packets)
  observer.disconnect()
  port.stop()
  await sleep(100)
  return { ns, collections }
}

function cpuNs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) * 1000
}

async function inject(count: number): Promise<void> {
  const socket = createSocket('udp4')
  for (let i = 0; i < count; i++) await new Promise((done) => socket.send('x'.repeat(36), 7, '10.9.1.7', done))
  socket.close()
}

/** The same 64-byte packet as ever, as if it were new; false for any other. */
function renew(view: DataView, { at, length }: Packet): boolean {
  if (view.getUint8(at) >> 4 !== 4 || length !== 64) return false
  view.setUint8(at + 8, TTL)
  view.setUint16(at + 10, 0)
  view.setUint32(at + 12, SOURCE)
  view.setUint32(at + 16, DESTINATION)
  let sum = 0
  for (let i = 0; i < 20; i += 2) sum += view.getUint16(at + i)
  view.setUint16(at + 10, ~(sum + (sum >>> 16)) & 0xffff)
  return true
}
