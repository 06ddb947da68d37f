/** What health shows of itself: plain data, for command lines, the API and those who listen. */
import type { Admin, ProbeKind } from '../model/check.js'
import type { ServiceKey } from '../model/service.js'

/** What one check said last. Texts are visible ASCII, other bytes written as C does. */
export interface OutcomeView {
  good: boolean
  /** Why not; '' if it is. */
  reason: string
  /** When it began, ms since 1970. */
  at: number
  tookMs: number
  sent: string
  received: string
}

export interface CheckView {
  kind: ProbeKind
  port: number
  up: boolean
  /** Answers in a row of the kind of the last one. */
  streak: number
  /** null: none was made yet. */
  last: OutcomeView | null
}

/** A change of state, and the answer that brought it about. */
export interface ChangeView extends OutcomeView {
  up: boolean
  check: ProbeKind
}

export interface ServerView {
  id: number
  address: string
  port: number
  admin: Admin
  up: boolean
  /** Since when, ms since 1970; 0: since it is watched. */
  since: number
  /** As the administrator has it, and as it is now. */
  weight: number
  effectiveWeight: number
  checks: CheckView[]
  /** The newest last. */
  changes: ChangeView[]
}

export interface ServiceHealthView {
  id: number
  key: ServiceKey
  /** Whether any of its own servers takes connections. */
  up: boolean
  /** The fallback server takes them. */
  onFallback: boolean
  servers: ServerView[]
}

export interface HealthView {
  services: ServiceHealthView[]
}

/** For those who are to be told at once. */
export type HealthEvent =
  | { kind: 'server'; key: ServiceKey; address: string; port: number; change: ChangeView; alert: boolean }
  | { kind: 'service'; key: ServiceKey; at: number; up: boolean; onFallback: boolean; alert: boolean }
