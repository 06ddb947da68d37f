/** What is desired as a configuration file, so that one can begin from what runs. Whatever has its default is left out. */
import { stringify } from 'yaml'
import { type Check, checkDefaults, type Health } from '../model/check.js'
import type { Desired, DesiredDestination, DesiredService } from '../model/desired.js'
import { endpointName, serviceName } from '../model/name.js'
import { defaultSettings, settingNames, settingText } from '../model/settings.js'
import { defaults } from '../model/state.js'
import { RULE_LISTS } from './format/file.js'
import type { RuleText } from './plan.js'
import { durationText } from './value.js'

type Json = Record<string, unknown>

const HEAD = '# What this director runs; `fullnat validate`, `plan` and `apply` read it.\n'
const FLAGS: Readonly<Record<string, readonly string[]>> = {
  sh: ['sh-fallback', 'sh-port', 'flag-3'],
  mh: ['mh-fallback', 'mh-port', 'flag-3'],
}
const ANY_FLAGS = ['flag-1', 'flag-2', 'flag-3']

export function configText(desired: Desired, ruleText: RuleText): string {
  const { services, timeouts, settings } = desired
  const set = settingNames.filter((name) => settingText(settings[name]) !== settingText(defaultSettings[name]))
  const rules = rulesOf(desired, ruleText)
  const whole = {
    version: 1,
    services: services.map(serviceOf),
    ...(Object.keys(rules).length > 0 && { rules }),
    ...unless(timeouts, { ...defaults.timeouts }, 'timeouts'),
    ...(set.length > 0 && { settings: Object.fromEntries(set.map((name) => [name, plainSetting(settings[name])])) }),
  }
  return HEAD + stringify(whole, { lineWidth: 0 })
}

/** A pair is a text, as sysctl has it. */
const plainSetting = (value: number | readonly [number, number]): number | string =>
  typeof value === 'number' ? value : value.join(' ')

/** Only what differs from what it is if nothing is said. */
const differing = (given: Json, fallback: Json): Json =>
  Object.fromEntries(
    Object.entries(given).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(fallback[name])),
  )

function unless(given: object, fallback: object, name: string): Json {
  const rest = differing(given as Json, fallback as Json)
  return Object.keys(rest).length === 0 ? {} : { [name]: rest }
}

function serviceOf(service: DesiredService): Json {
  const { scheduler, schedulerFlags, persistence, persistenceMask, persistenceEngine, onePacket, health } = service
  const names = FLAGS[scheduler] ?? ANY_FLAGS
  const flags = names.filter((_, bit) => schedulerFlags & (1 << bit))
  const given = { persistence, persistenceMask, persistenceEngine, onePacket }
  const fallback = {
    persistence: 0,
    persistenceMask: service.family === 4 ? 32 : 128,
    persistenceEngine: '',
    onePacket: false,
  }
  return {
    service: serviceName(service),
    scheduler,
    ...(flags.length > 0 && { schedulerFlags: flags }),
    ...differing(given, fallback),
    ...(health && healthOf(health)),
    servers: service.destinations.map(serverOf),
  }
}

function serverOf(server: DesiredDestination): Json {
  const { method, weight, upperThreshold, lowerThreshold, tunnel, checks, maintenance } = server
  const given = {
    method,
    weight,
    upperThreshold,
    lowerThreshold,
    admin: maintenance?.admin,
    honourPersistence: maintenance?.honourPersistence,
  }
  const fallback = {
    method: 'masq',
    weight: 1,
    upperThreshold: 0,
    lowerThreshold: 0,
    admin: 'online',
    honourPersistence: true,
  }
  return {
    server: endpointName(server),
    ...differing(given, fallback),
    ...(method === 'tunnel' && { tunnel }),
    ...(checks && { checks: checks.map(checkText) }),
  }
}

function healthOf({ checks, onFailure, fallback, slowStartMs, alerts }: Health): Json {
  const { health } = checkDefaults
  return {
    checks: checks.map(checkText),
    ...differing({ onFailure, alerts }, { onFailure: health.onFailure, alerts: health.alerts }),
    ...(fallback && {
      fallback:
        fallback.method === 'masq'
          ? endpointName(fallback)
          : { server: endpointName(fallback), method: fallback.method },
    }),
    ...(slowStartMs > 0 && { slowStart: durationText(slowStartMs) }),
  }
}

/** A word where all else has its default. */
function checkText(check: Check): unknown {
  const { kind, intervalMs, timeoutMs, ...rest } = check
  const { intervalMs: interval, timeoutMs: timeout, ...timing } = checkDefaults.timing
  const given = {
    ...(intervalMs !== interval && { interval: durationText(intervalMs) }),
    ...(timeoutMs !== timeout && { timeout: durationText(timeoutMs) }),
    ...differing(rest as Json, { ...timing, ...checkDefaults.probes[kind] } as Json),
  }
  if ('statuses' in given)
    given.statuses = (given.statuses as { from: number; to: number }[]).map(({ from, to }) =>
      from === to ? `${from}` : `${from}-${to}`,
    )
  return Object.keys(given).length === 0 ? kind : { kind, ...given }
}

function rulesOf({ tables }: Desired, ruleText: RuleText): Json {
  const lists = tables.map(({ name, family, chains }) => {
    const lines = chains.flatMap(({ name: chain, policy }) =>
      policy === null ? [`-N ${chain}`] : policy === 'ACCEPT' ? [] : [`-P ${chain} ${policy}`],
    )
    const rules = chains.flatMap(({ name: chain, rules }) => rules.map((rule) => ruleText(family, chain, rule)))
    return [family === 4 ? name : `${name}6`, [...lines, ...rules]] as const
  })
  const found = new Map(lists.filter(([, lines]) => lines.length > 0))
  return Object.fromEntries(RULE_LISTS.filter((list) => found.has(list)).map((list) => [list, found.get(list)]))
}
