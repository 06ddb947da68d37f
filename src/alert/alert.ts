/** What somebody is told: a server's or a service's change of state, a source pool that runs low. Plain data and its words. */
import type { HealthEvent } from '../health/view.js'
import { endpointName, serviceName } from '../model/name.js'

export interface Alert {
  /** ISO 8601. */
  at: string
  kind: 'server' | 'service' | 'pool' | 'test'
  /** Whether it is the bad news, or the end of it. */
  good: boolean
  /** One line: what, and of whom. */
  subject: string
  /** Why, as far as it is known; what to ask next. */
  details: string[]
}

/** A pool as it is seen here: where it is tightest. */
export interface PoolUse {
  address: string
  free: number
  size: number
}

export function ofHealth(event: HealthEvent): Alert {
  const service = serviceName(event.key)
  if (event.kind === 'service') {
    const { up, onFallback } = event
    const state = up
      ? 'takes connections again'
      : onFallback
        ? 'has its fallback server alone'
        : 'has no server: clients are refused'
    const details = ['fullnat health', `ipvsadm -ln`]
    return {
      at: new Date(event.at).toISOString(),
      kind: 'service',
      good: up,
      subject: `${service} ${state}`,
      details: asks(details),
    }
  }
  const { address, port, change } = event
  const server = endpointName({ address, port })
  const evidence = [
    ...(change.reason === '' ? [] : [`check by ${change.check}: ${change.reason}`]),
    `took ${change.tookMs} ms`,
    ...(change.sent === '' ? [] : [`sent:     ${change.sent}`]),
    ...(change.received === '' ? [] : [`received: ${change.received}`]),
  ]
  const subject = `${server} of ${service} is ${change.up ? 'up' : 'down'}`
  const ask = asks(['fullnat health', `fullnat drain ${server}`])
  return {
    at: new Date(change.at).toISOString(),
    kind: 'server',
    good: change.up,
    subject,
    details: [...evidence, ...(change.up ? [] : ask)],
  }
}

export function ofPool({ address, free, size }: PoolUse, low: boolean, atMs: number): Alert {
  const subject = low
    ? `source ports of ${address} run low: ${free} of ${size} are free`
    : `source ports of ${address} are enough again`
  const details = low
    ? [
        'add an address or ports to its rule; when none is free, new connections are dropped',
        ...asks(['fullnat status', 'ipvsadm -Lnc']),
      ]
    : []
  return { at: new Date(atMs).toISOString(), kind: 'pool', good: !low, subject, details }
}

export const ofTest = (atMs: number): Alert => ({
  at: new Date(atMs).toISOString(),
  kind: 'test',
  good: true,
  subject: 'a test: alerts of fullnat reach you',
  details: [],
})

const asks = (commands: string[]): string[] => [`look at: ${commands.join('; ')}`]

/** Of several alerts that go as one. */
export function subjectOf(host: string, alerts: readonly Alert[]): string {
  const [first] = alerts
  return alerts.length === 1
    ? `fullnat on ${host}: ${first.subject}`
    : `fullnat on ${host}: ${alerts.length} changes, the first: ${first.subject}`
}

export const bodyOf = (alerts: readonly Alert[]): string =>
  alerts
    .map(({ at, subject, details }) => `${[`${at}  ${subject}`, ...details.map((line) => `    ${line}`)].join('\n')}\n`)
    .join('\n')
