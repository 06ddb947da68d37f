/** Takes the pictures in docs/: node dist/test/browser/screenshots.js */
import { fileURLToPath } from 'node:url'
import { openBrowser, openPage, stage } from './browser.js'

const FOLDER = fileURLToPath(new URL('../../../docs/dashboard', import.meta.url))
/** Long enough for a line to be seen. */
const WATCHED_MS = 40_000

const cleanups: (() => void | Promise<void>)[] = []
const context = { after: (clean: () => void | Promise<void>) => void cleanups.unshift(clean) }
const { entry, plane } = await stage(context, 4, 5)
const browser = await openBrowser(context)
const address = entry('write')

/** A swinging traffic, as a function of time: whoever asks, and how often, changes nothing. */
const began = Date.now()
const wave = (atMs: number) => 1 + Math.sin(atMs / 7000) / 3 + Math.sin(atMs / 900) / 20
const summed = (atMs: number) =>
  atMs + 7000 / 3 - (Math.cos(atMs / 7000) * 7000) / 3 - (Math.cos(atMs / 900) * 900) / 20
const status = plane.status
plane.status = async () => {
  const now = Date.now() - began
  const total = (perSecond: number) => Math.round((perSecond * summed(now)) / 1000)
  return {
    ...(await status()),
    capacity: 1 << 20,
    connections: Math.round(8000 * wave(now)),
    ports: Math.round(7400 * wave(now)),
    traffic: {
      connections: total(1200),
      inPackets: total(52_000),
      outPackets: total(61_000),
      inBytes: total(5.1e6),
      outBytes: total(71e6),
    },
  }
}

try {
  const page = await openPage(browser, address, { colorScheme: 'light' })
  await page.waitForTimeout(WATCHED_MS)
  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByRole('button', { name: 'Drain 198.51.101.2:80' }).click()
  await page.waitForTimeout(2000)
  await page.screenshot({ path: `${FOLDER}/services.png` })
  await page.getByRole('link', { name: 'Overview' }).click()
  await page.waitForTimeout(500)
  await page.screenshot({ path: `${FOLDER}/overview.png` })
  await page.getByRole('link', { name: 'Events' }).click()
  await page.screenshot({ path: `${FOLDER}/events.png` })
  const dark = await openPage(browser, address, { colorScheme: 'dark' })
  await dark.waitForTimeout(1500)
  await dark.screenshot({ path: `${FOLDER}/overview-dark.png` })
  const phone = await openPage(browser, address, { colorScheme: 'dark', viewport: { width: 390, height: 780 } })
  await phone.getByRole('link', { name: 'Services' }).click()
  await phone.waitForTimeout(1500)
  await phone.screenshot({ path: `${FOLDER}/phone.png` })
} finally {
  for (const clean of cleanups) await clean()
}
