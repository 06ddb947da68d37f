/** The dashboard in a real Chromium, as people use it. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { ConsoleMessage, Page } from 'playwright-core'
import { call } from '../../src/api/client.js'
import type { ServicesView } from '../../src/api/routes.js'
import { addService, serviceKey } from '../control/command.js'
import { firstView, openBrowser, openPage, stage, updateCost } from './browser.js'

const options = { timeout: 60_000 }
const FIRST_VIEW_MS = 1000
const TRIES = 8
const SERVER = '198.51.100.1:80'

/** What the page complains of: nothing. */
function listen(t: TestContext, page: Page): void {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(`${error}`))
  page.on('console', (message) => isOurs(message) && complaints.push(message.text()))
  t.after(() => assert.deepEqual(complaints, []))
}

/** What the director refuses, and its end, the browser says by itself. */
const isOurs = (message: ConsoleMessage): boolean =>
  message.type() === 'error' && !message.text().startsWith('Failed to load resource')

const serversOf = async () => (await call<ServicesView>('GET', '/services?counters=false')).services[0].destinations

test('a wrong token is refused, a right one opens the overview', options, async (t) => {
  const { url, entry } = await stage(t, 2, 3)
  const page = await openPage(await openBrowser(t), url)
  await page.getByLabel('Token').fill('fullnat_wrong')
  await page.getByRole('button', { name: 'Open' }).click()
  await page.getByRole('alert').getByText('does not know this token').waitFor()
  await page.getByLabel('Token').fill(entry('read').split('=')[1])
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  await page.getByText('read only').waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Overview' }).waitFor()
  assert.ok(!page.url().includes('token'))
})

test('what changes elsewhere is seen without reloading', options, async (t) => {
  const { entry, plane } = await stage(t, 2, 3)
  const page = await openPage(await openBrowser(t), entry('read'))
  listen(t, page)
  await page.getByText('live', { exact: true }).waitFor()
  await call('POST', '/commands', [addService(serviceKey(443))])
  await page.getByRole('link', { name: 'tcp:192.0.2.45:443' }).waitFor() // it has no server: to look at
  plane.raise({ level: 'error', code: 'worker-failed', message: 'the packet thread failed' })
  await page.getByRole('link', { name: 'Events' }).click()
  await page.getByText('the packet thread failed').waitFor()
  await page.getByText(/revision \d+ by uid:\d+: service\.add tcp:192\.0\.2\.45:443/).waitFor()
})

test('levers: weight, drain, halt, online', options, async (t) => {
  const { entry } = await stage(t, 1, 2)
  const page = await openPage(await openBrowser(t), entry('write'))
  listen(t, page)
  await page.getByRole('link', { name: 'Services' }).click()
  const row = page.getByRole('row').filter({ hasText: SERVER })
  await page.getByLabel(`Weight of ${SERVER}`).fill('7')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: `Drain ${SERVER}`, exact: true }).click()
  await row.getByText('draining').waitFor()
  assert.deepEqual(
    (await serversOf()).map(({ weight, admin }) => [weight, admin]),
    [
      [7, 'drain'],
      [1, 'online'],
    ],
  )
  page.once('dialog', (dialog) => {
    assert.match(dialog.message(), /Halt all of tcp:192\.0\.2\.100:80\? Its [\d\u202f]+ active connections end now\./)
    void dialog.accept()
  })
  await page.getByRole('button', { name: 'Halt all of' }).click()
  await page.getByText('no server up').waitFor()
  await page.getByRole('button', { name: 'Bring all of' }).click()
  await row.getByText('up').waitFor()
  assert.deepEqual(
    (await serversOf()).map(({ admin }) => admin),
    ['online', 'online'],
  )
  await page.getByLabel(`Weight of ${SERVER}`).fill('99999999999')
  await page.keyboard.press('Enter')
  await page
    .getByRole('alert')
    .getByText(/weight/)
    .waitFor()
  assert.equal(await page.getByLabel(`Weight of ${SERVER}`).inputValue(), '7')
})

test('who may only read has no lever', options, async (t) => {
  const { entry } = await stage(t, 1, 2)
  const page = await openPage(await openBrowser(t), entry('read'))
  await page.getByRole('link', { name: 'Services' }).click()
  await page.getByRole('row').filter({ hasText: SERVER }).waitFor()
  assert.equal(await page.locator('main input:not([type=search], [type=checkbox])').count(), 0)
  assert.equal(await page.locator('main button').count(), 0)
})

test('by keyboard alone: to a server, and drained', options, async (t) => {
  const { entry } = await stage(t, 1, 2)
  const page = await openPage(await openBrowser(t), entry('write'))
  await page.getByRole('link', { name: 'Services' }).waitFor()
  const press = async (key: string, until: () => Promise<boolean>) => {
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press(key)
      if (await until()) return
    }
    assert.fail(`${key} does not lead there`)
  }
  const focused = (): Promise<string> =>
    page.evaluate(`document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent`)
  await press('Tab', async () => (await focused()) === 'Services')
  await page.keyboard.press('Enter')
  await page.getByRole('row').filter({ hasText: SERVER }).waitFor()
  await page.keyboard.press('/')
  assert.equal(await focused(), 'Search services and servers')
  await page.keyboard.type(SERVER)
  await press('Tab', async () => (await focused()) === `Drain ${SERVER}`)
  await page.keyboard.press('Enter')
  await page.getByRole('row').filter({ hasText: SERVER }).getByText('draining').waitFor()
})

test('connections are searched in the director', options, async (t) => {
  const { entry, plane } = await stage(t, 1, 1)
  const view = {
    protocol: 6,
    state: 'ESTABLISHED',
    expiresMs: 61_000,
    virtual: '192.0.2.100',
    virtualPort: 80,
    destination: '198.51.100.1',
    destinationPort: 80,
    source: '192.0.2.10',
    sourcePort: 2000,
    template: false,
    engineName: '',
    engineData: '',
  }
  const views = Array.from({ length: 150 }, (_, i) => ({ ...view, client: `203.0.113.${i % 2}`, clientPort: 1000 + i }))
  plane.connectionPage = async (from) => ({ views: views.slice(from, from + 50), next: from < 100 ? from + 50 : -1 })
  const page = await openPage(await openBrowser(t), entry('read'))
  listen(t, page)
  await page.getByRole('link', { name: 'Connections' }).click()
  await page.getByLabel('Search connections').fill('203.0.113.1 established')
  await page.keyboard.press('Enter')
  await page.getByRole('cell', { name: '203.0.113.1:1001' }).waitFor()
  await page.getByRole('cell', { name: '203.0.113.1:1149' }).waitFor()
  assert.equal(await page.locator('main tbody tr').count(), 75)
  await page.getByLabel('Search connections').fill('')
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'More' }).click()
  await page.getByRole('cell', { name: '203.0.113.1:1149' }).waitFor()
  await page.getByLabel('Search connections').fill('192.0.2.1')
  await page.keyboard.press('Enter')
  await page.getByText('No connection is like this.').waitFor()
})

test('on a phone nothing is wider than the screen, light and dark', options, async (t) => {
  const { entry } = await stage(t, 3, 4)
  const browser = await openBrowser(t)
  const address = entry('write')
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await openPage(browser, address, { viewport: { width: 390, height: 800 }, colorScheme })
    for (const name of ['Overview', 'Services', 'Connections', 'Events']) {
      await page.getByRole('link', { name }).click()
      await page.getByRole('heading', { name, level: 1 }).waitFor()
      const wide: number = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
      assert.ok(wide <= 0, `${name}: ${wide} too wide`)
    }
    const colour: string = await page.evaluate('getComputedStyle(document.body).backgroundColor')
    const ground = Number(/\d+/.exec(colour))
    assert.ok(colorScheme === 'dark' ? ground < 80 : ground > 200)
    await page.close()
  }
})

test('500 servers: the first view within a second, an update within 50 ms', options, async (t) => {
  const { url, entry } = await stage(t, 50, 10)
  const browser = await openBrowser(t)
  const address = entry('write')
  const page = await openPage(browser, address)
  listen(t, page)
  let firstMs = Number.POSITIVE_INFINITY
  // Other tests have the processors too: what it can do is what it does once.
  for (let i = 0; i < TRIES && firstMs >= FIRST_VIEW_MS; i++) {
    await page.goto('about:blank')
    await page.goto(`${url}?${i}#/services`)
    firstMs = Math.min(firstMs, await firstView(page))
  }
  await page.locator('.services tbody tr').nth(549).waitFor({ state: 'attached' })
  const updateMs = await updateCost(page, 5)
  t.diagnostic(`first view ${firstMs.toFixed(0)} ms, an update ${updateMs.toFixed(1)} ms of the main thread`)
  assert.ok(firstMs < FIRST_VIEW_MS, `${firstMs} ms`)
  assert.ok(updateMs < 50, `${updateMs} ms`)
})

test('a director that went away is told of', options, async (t) => {
  const { entry, running } = await stage(t, 1, 1)
  const page = await openPage(await openBrowser(t), entry('read'))
  await page.getByText('live', { exact: true }).waitFor()
  await running.director.down(false)
  running.api.close()
  await page.getByText('No connection to the director').waitFor()
})
