/**
 * Everything that can change the director, as data: the only way state changes.
 *
 * ipvsadm, iptables, the API and the configuration file all end here. A command is checked against the state it
 * meets and either applies whole or fails with a Failure and changes nothing. No command does I/O.
 */
import type { Alerts } from '../model/alert.js'
import type { Admin, Check, Health } from '../model/check.js'
import type { Desired } from '../model/desired.js'
import type { Policy, RuleSpec, TableName } from '../model/netfilter.js'
import type { Destination, ServiceKey, ServiceOptions } from '../model/service.js'
import type { Timeouts } from '../model/state.js'
import type { DaemonRole, SyncDaemon } from '../model/sync.js'

export type DestinationKey = Pick<Destination, 'address' | 'port'>
/** What ipvsadm can say of one; maintenance and checks have commands of their own, and stay as they are at an edit. */
export type DestinationOptions = Omit<Destination, 'id' | 'address' | 'port' | Maintained>
type Maintained = 'admin' | 'honourPersistence' | 'checks'
export type Family = 4 | 6

export interface Counters {
  packets: number
  bytes: number
}

export type ServiceCommand =
  | { kind: 'service.add' | 'service.edit'; key: ServiceKey; options: ServiceOptions }
  | { kind: 'service.delete'; key: ServiceKey }
  | { kind: 'service.flush' }
  | {
      kind: 'destination.add' | 'destination.edit'
      service: ServiceKey
      key: DestinationKey
      options: DestinationOptions
    }
  | { kind: 'destination.delete'; service: ServiceKey; key: DestinationKey }
  /** 0 keeps the current value. */
  | { kind: 'timeouts.set'; timeouts: Timeouts }
  /** Counters start again from zero; null: of all services. */
  | { kind: 'service.zero'; key: ServiceKey | null }

/** Some destinations: null is any, so that a server is meant everywhere, or a whole service. */
export interface DestinationChoice {
  address: string | null
  port: number | null
}

export type HealthCommand =
  | { kind: 'health.set'; key: ServiceKey; health: Health | null }
  /** null: the service's own. */
  | { kind: 'destination.checks'; service: ServiceKey; key: DestinationKey; checks: Check[] | null }
  /** At least one must be there. service null: in every service. */
  | {
      kind: 'destination.admin'
      service: ServiceKey | null
      key: DestinationChoice
      admin: Admin
      honourPersistence: boolean
    }
  | { kind: 'alerts.set'; alerts: Alerts }

/** By name and as text, as an administrator writes them: all of them are taken, or none. */
export interface SettingsCommand {
  kind: 'settings.set'
  settings: Record<string, string>
}

export type DaemonCommand =
  /** Its interface is there, its maxLength is one that the interface carries: whoever knows the host has seen to that. */
  { kind: 'daemon.start'; role: DaemonRole; daemon: SyncDaemon } | { kind: 'daemon.stop'; role: DaemonRole }

/** Positions count from 1, as iptables does. */
export type TableChange =
  | {
      kind: 'rule.append'
      table: TableName
      family: Family
      chain: string
      rule: RuleSpec
      packets: number
      bytes: number
    }
  | {
      kind: 'rule.insert'
      table: TableName
      family: Family
      chain: string
      at: number
      rule: RuleSpec
      packets: number
      bytes: number
    }
  | {
      kind: 'rule.replace'
      table: TableName
      family: Family
      chain: string
      at: number
      rule: RuleSpec
      packets: number
      bytes: number
    }
  | { kind: 'rule.delete'; table: TableName; family: Family; chain: string; rule: RuleSpec }
  | { kind: 'rule.deleteAt'; table: TableName; family: Family; chain: string; at: number }
  | { kind: 'rule.check'; table: TableName; family: Family; chain: string; rule: RuleSpec }
  | { kind: 'chain.new'; table: TableName; family: Family; chain: string }
  /** A `:CHAIN` line of iptables-restore: a user chain is made, or emptied if it exists. */
  | { kind: 'chain.restore'; table: TableName; family: Family; chain: string }
  /** null: every user chain, as `-X` without a name; one that is in use fails them all. */
  | { kind: 'chain.delete'; table: TableName; family: Family; chain: string | null }
  | { kind: 'chain.rename'; table: TableName; family: Family; chain: string; to: string }
  | { kind: 'chain.flush'; table: TableName; family: Family; chain: string | null }
  /** counters null: they go on counting. */
  | { kind: 'chain.policy'; table: TableName; family: Family; chain: string; policy: Policy; counters: Counters | null }
  /** at null: the whole chain; chain null: all chains. */
  | { kind: 'chain.zero'; table: TableName; family: Family; chain: string | null; at: number | null }

/**
 * Several changes to one table, all or none; flush: made to an emptied table, as iptables-restore without -n does.
 * The failure's fact `index` tells which of them failed.
 */
export interface TableBatch {
  kind: 'table.batch'
  table: TableName
  family: Family
  flush: boolean
  changes: TableChange[]
}

export type TableCommand = TableChange | TableBatch

/** Takes the place of all that a configuration governs. */
export interface ConfigCommand {
  kind: 'config.apply'
  desired: Desired
}

export type Command = ServiceCommand | HealthCommand | SettingsCommand | DaemonCommand | TableCommand | ConfigCommand
