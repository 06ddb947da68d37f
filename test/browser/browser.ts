/** A real Chromium, and a director for it: the simulated one, behind real TCP, with as much to show as is asked for. */
import type { TestContext } from 'node:test'
import { type Browser, chromium, type Page } from 'playwright-core'
import { call } from '../../src/api/client.js'
import type { CommandResult, StatusView } from '../../src/api/routes.js'
import type { Command } from '../../src/commands/command.js'
import type { ServiceCounters, Traffic } from '../../src/engine/data-plane.js'
import type { Scope } from '../../src/model/scope.js'
import { addToken } from '../../src/store/token.js'
import { addDestination, addService, addSnat, serviceKey } from '../control/command.js'
import { type World, world } from '../control/world.js'

const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

export async function openBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS })
  t.after(() => browser.close())
  return browser
}

export interface Stage extends World {
  url: string
  /** The page's address with a token of this scope. */
  entry(scope: Scope): string
}

/** `services` of them, with `servers` each, under a traffic that is another at each look. */
export async function stage(t: Pick<TestContext, 'after'>, services: number, servers: number): Promise<Stage> {
  const found = await world(t, { api: { address: '127.0.0.1', port: 0, tls: null, insecure: false } })
  await call<CommandResult[]>('POST', '/commands', commands(services, servers))
  const address = vips(services)
  found.host.local = new Set([...address, '192.0.2.10'])
  const { plane } = found
  const counted = plane.services
  plane.services = async () => (await counted()).map(busy)
  const { api: url } = await call<StatusView>('GET', '/status')
  return { ...found, url, entry: (scope) => `${url}#token=${addToken(found.folder, scope, scope)}` }
}

const vips = (count: number): string[] => Array.from({ length: count }, (_, i) => `192.0.2.${100 + i}`)

const commands = (services: number, servers: number): Command[] => [
  ...vips(services).flatMap((address) => {
    const key = serviceKey(80, address)
    const third = Number(address.split('.')[3])
    return [
      addService(key),
      ...Array.from({ length: servers }, (_, i) => addDestination(`198.51.${third}.${i + 1}`, key)),
    ]
  }),
  addSnat(),
]

const any = (below: number): number => Math.floor(Math.random() * below)

const traffic = (scale: number): Traffic => ({
  connections: any(1e6),
  inPackets: any(1e9),
  outPackets: any(1e9),
  inBytes: any(1e12),
  outBytes: any(1e12),
  connectionRate: any(80 * scale),
  inPacketRate: any(9000 * scale),
  outPacketRate: any(11_000 * scale),
  inByteRate: any(900_000 * scale),
  outByteRate: any(12_000_000 * scale),
})

const busy = (service: ServiceCounters): ServiceCounters => ({
  ...service,
  traffic: traffic(service.destinations.length),
  destinations: service.destinations.map((one) => ({
    ...one,
    active: any(900),
    inactive: any(400),
    traffic: traffic(1),
  })),
})

export async function openPage(
  browser: Browser,
  entry: string,
  options: Parameters<Browser['newPage']>[0] = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, ...options })
  await page.goto(entry)
  return page
}

/** Milliseconds from the request for the page until it has drawn as many rows as fill the screen. */
export const firstView = (page: Page): Promise<number> =>
  page.evaluate(`new Promise((resolve) => {
    const isFull = () => document.querySelector('.services')?.getBoundingClientRect().bottom >= innerHeight
    const look = () => (isFull() ? requestAnimationFrame(() => resolve(performance.now())) : setTimeout(look, 2))
    look()
  })`)

/** Milliseconds of processor time of the main thread for one update: all it did in `seconds`, in which one came each second. */
export async function updateCost(page: Page, seconds: number): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const taskMs = async () => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1000
  }
  const before = await taskMs()
  await page.waitForTimeout(seconds * 1000)
  return ((await taskMs()) - before) / seconds
}
