/**
 * What the page knows, as signals: read once, then kept by the event stream.
 *
 * Rates are a signal for each row, so that a second's worth of changes touches the texts that changed and nothing else.
 */
import { batch, computed, type Signal, signal } from '@preact/signals'
import type {
  DirectorEvent,
  HistoryView,
  PoolView,
  RateRow,
  RatesView,
  Sample,
  SessionView,
  StatusView,
} from '../src/api/routes.js'
import type { FindingView } from '../src/api/v1/schema/finding.js'
import type { ServiceView } from '../src/api/v1/schema/service.js'
import { type Findings, findingsOf, lightsOf, noFindings } from './light.js'
import { call, follow, get, type Message, Refused, setToken, token } from './wire.js'

const SAMPLES_MAX = 600
const EVENTS_MAX = 1000
/** Changes come in bursts. */
const RELOAD_MS = 150
/** Uptime, drops and pools are told by no event. */
const LOOK_MS = 5000
const PAGE = 1000
const UNKNOWN = 'The director does not know this token.'

/** Those that are shown: what else the stream says is about itself. */
const EVENTS: Readonly<Record<DirectorEvent['kind'], true>> = {
  change: true,
  warning: true,
  server: true,
  service: true,
  datapath: true,
}

export const session = signal<SessionView | null>(null)
export const needsToken = signal(false)
/** Why the last token was refused, or the last action. */
export const refusal = signal('')
export const isLive = signal(false)
export const status = signal<StatusView | null>(null)
export const pools = signal<PoolView[]>([])
export const services = signal<ServiceView[] | null>(null)
/** All that checks found of a server, by its id. */
export const evidence = signal<Findings['servers']>(noFindings.servers)
/** The same as far as lights show it: it changes when they do. */
export const findings = signal<Findings>(noFindings)
/** Of the last answers of all checks, ms: when it was looked at, their mean, the longest. */
export const latencies = signal<[at: number, mean: number, most: number][]>([])
export const samples = signal<Sample[]>([])
export const events = signal<DirectorEvent[]>([])
export const mayWrite = computed(() => session.value?.scope === 'write')

const rates = new Map<number, Signal<RateRow>>()

/** Of a service or a server. */
export function rateOf(id: number): Signal<RateRow> {
  let found = rates.get(id)
  if (!found) {
    found = signal<RateRow>([id, 0, 0, 0, 0, 0, 0, 0])
    rates.set(id, found)
  }
  return found
}

/** Once at the start, and with each token that somebody gives. Everything is asked for at once. */
export async function begin(): Promise<void> {
  if (token() === '') {
    needsToken.value = true
    return
  }
  try {
    const all = [get<SessionView>('/v1/session'), get<HistoryView>('/v1/history'), loadServices(), look()] as const
    const [who, history] = await Promise.all(all)
    session.value = who
    samples.value = history.samples
  } catch (error) {
    needsToken.value = true
    refusal.value = error instanceof Refused && error.status === 401 ? UNKNOWN : (error as Error).message
    return
  }
  needsToken.value = false
  refusal.value = ''
  setInterval(() => void look().catch(() => {}), LOOK_MS)
  void follow({
    message: hear,
    live: (now) => {
      isLive.value = now
      if (now) reloadSoon()
    },
    refused: () => leave('The token is not valid any more.'),
  })
}

export async function enter(text: string): Promise<void> {
  setToken(text)
  await begin()
}

/** Starts again without a token; nothing of the director stays on the page. */
export function leave(why: string): void {
  setToken('')
  sessionStorage.setItem('fullnat-left', why)
  location.reload()
}

/** A change; what the director refuses is shown. */
export async function change(method: string, path: string, body?: unknown): Promise<boolean> {
  try {
    await call(method, path, body)
    refusal.value = ''
    return true
  } catch (error) {
    refusal.value = (error as Error).message
    return false
  }
}

async function loadServices(): Promise<void> {
  const all: ServiceView[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page: { services: ServiceView[]; next: string | null } = await get(
      `/v1/services?limit=${PAGE}&after=${encodeURIComponent(after)}`,
    )
    all.push(...page.services)
    after = page.next
  }
  services.value = all
}

async function look(): Promise<void> {
  const [found, { pools: inUse }, { services: checked }] = await Promise.all([
    get<StatusView>('/v1/status'),
    get<{ pools: PoolView[] }>('/v1/pools'),
    get<{ services: FindingView[] }>('/v1/health'),
  ])
  batch(() => {
    status.value = found
    pools.value = inUse
    const now = findingsOf(checked)
    evidence.value = now.servers
    if (lightsOf(now) !== lightsOf(findings.peek())) findings.value = now
    latencies.value = [...latencies.value.slice(1 - SAMPLES_MAX), ...latencyOf(checked)]
  })
}

/** Nothing where nothing is checked. */
function latencyOf(checked: readonly FindingView[]): [number, number, number][] {
  const took = checked.flatMap(({ servers }) =>
    servers.flatMap(({ checks }) => checks.flatMap(({ last }) => (last ? [last.tookMs] : []))),
  )
  if (took.length === 0) return []
  return [[Date.now(), took.reduce((sum, ms) => sum + ms, 0) / took.length, Math.max(...took)]]
}

let reloading = 0
function reloadSoon(): void {
  clearTimeout(reloading)
  reloading = setTimeout(() => void Promise.all([loadServices(), look()]).catch(() => {}), RELOAD_MS)
}

function hear({ event, data }: Message): void {
  if (event === 'rates') takeRates(JSON.parse(data))
  else reloadSoon()
  if (event in EVENTS) events.value = [JSON.parse(data) as DirectorEvent, ...events.value].slice(0, EVENTS_MAX)
}

function takeRates({ sample, services, servers }: RatesView): void {
  batch(() => {
    samples.value = [...samples.value.slice(1 - SAMPLES_MAX), sample]
    for (const row of services) rateOf(row[0]).value = row
    for (const row of servers) rateOf(row[0]).value = row
  })
}
