/**
 * State files of older layouts, made into today's: nothing that was saved is lost by an update.
 *
 *   1   no settings
 *   2   settings; one that is new since the file was written has its default
 *   3   beside the table nat another, mangle, each with its name; a tcp match has flags and an option
 *   4   an sctp match has chunks
 *   5   daemons of synchronisation
 *   6   checks and maintenance of services and destinations; alerts
 *
 * Each step takes what the layout before it wrote. What comes out is checked like any other file.
 */
import { inService } from '../model/check.js'
import { defaults, emptyState, LAYOUT } from '../model/state.js'
import { NO_DAEMONS } from '../model/sync.js'

type Json = Record<string, unknown>

const STEPS: Readonly<Record<number, (state: Json) => Json>> = {
  1: toLayout2,
  2: toLayout3,
  3: toLayout4,
  4: toLayout5,
  5: toLayout6,
}

/** The same value where it is of today's layout, or of none that can be read. */
export function upgraded(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const state = value as Json
  const step = STEPS[state.layout as number]
  return step ? upgraded(step(state)) : withNewSettings(state)
}

/** '' or why a file of this layout cannot be read. */
export function layoutComplaint(value: unknown): string {
  const layout = (value as { layout?: unknown } | null)?.layout
  if (typeof layout !== 'number' || layout === LAYOUT) return ''
  const age = layout > LAYOUT ? 'a newer' : 'an older'
  return `was written by ${age} fullnat (layout ${layout}, this one reads 1 to ${LAYOUT})`
}

function toLayout2(state: Json): Json {
  return { ...state, layout: 2, settings: { ...defaults.settings } }
}

function withNewSettings(state: Json): Json {
  if (state.layout !== LAYOUT || typeof state.settings !== 'object') return state
  return { ...state, settings: { ...defaults.settings, ...state.settings } }
}

function toLayout3(state: Json): Json {
  const nat = withMatches(state.nat, 'tcp', { flags: null, option: null }) as Json | null
  const named = Object.entries(nat ?? {}).map(([family, table]) => [family, { name: 'nat', ...(table as Json) }])
  return { ...state, layout: 3, nat: Object.fromEntries(named), mangle: emptyState().mangle }
}

function toLayout4(state: Json): Json {
  const grown = { chunks: null }
  return {
    ...state,
    layout: 4,
    nat: withMatches(state.nat, 'sctp', grown),
    mangle: withMatches(state.mangle, 'sctp', grown),
  }
}

/** The tables with fields that matches of a kind have since. */
const withMatches = (tables: unknown, kind: string, fields: Json): unknown =>
  JSON.parse(JSON.stringify(tables ?? null), (key, value) =>
    isMatch(key, value, kind) ? { ...value, ...fields } : value,
  )

/** Members of a list have their number as key; a comment's text is no object. */
const isMatch = (key: string, value: unknown, kind: string): value is Json =>
  /^\d+$/.test(key) && (value as Json | null)?.kind === kind && 'source' in (value as Json)

function toLayout5(state: Json): Json {
  return { ...state, layout: 5, daemons: NO_DAEMONS }
}

function toLayout6(state: Json): Json {
  const services = Array.isArray(state.services) ? state.services.map(withHealth) : state.services
  return { ...state, layout: 6, services, alerts: { ...defaults.alerts } }
}

function withHealth(service: Json): Json {
  const destinations = Array.isArray(service?.destinations)
    ? service.destinations.map((destination: Json) => ({ ...destination, ...inService }))
    : service?.destinations
  return { ...service, health: null, destinations }
}
