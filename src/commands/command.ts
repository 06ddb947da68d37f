/**
 * Everything that can change the director, as data: the only way state changes.
 *
 * ipvsadm, iptables, the API and the configuration file all end here. A command is checked against the state it
 * meets and either applies whole or fails with a Failure and changes nothing. No command does I/O.
 */
import type { NatTable, Policy, RuleSpec } from '../model/nat.js'
import type { Destination, ServiceKey, ServiceOptions } from '../model/service.js'
import type { Timeouts } from '../model/state.js'

export type DestinationKey = Pick<Destination, 'address' | 'port'>
export type DestinationOptions = Omit<Destination, 'id' | 'address' | 'port'>
export type Family = 4 | 6

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

/** Positions count from 1, as iptables does. */
export type NatCommand =
  | { kind: 'rule.append'; family: Family; chain: string; rule: RuleSpec; packets: number; bytes: number }
  | { kind: 'rule.insert'; family: Family; chain: string; at: number; rule: RuleSpec; packets: number; bytes: number }
  | { kind: 'rule.replace'; family: Family; chain: string; at: number; rule: RuleSpec; packets: number; bytes: number }
  | { kind: 'rule.delete'; family: Family; chain: string; rule: RuleSpec }
  | { kind: 'rule.deleteAt'; family: Family; chain: string; at: number }
  | { kind: 'rule.check'; family: Family; chain: string; rule: RuleSpec }
  | { kind: 'chain.new'; family: Family; chain: string }
  /** null: every empty, unreferenced user chain, as `-X` without a name. */
  | { kind: 'chain.delete'; family: Family; chain: string | null }
  | { kind: 'chain.rename'; family: Family; chain: string; to: string }
  | { kind: 'chain.flush'; family: Family; chain: string | null }
  | { kind: 'chain.policy'; family: Family; chain: string; policy: Policy; packets: number; bytes: number }
  /** at null: the whole chain; chain null: all chains. */
  | { kind: 'chain.zero'; family: Family; chain: string | null; at: number | null }
  /** iptables-restore: one table, whole, atomically. Ids in it are ignored. */
  | { kind: 'nat.replace'; family: Family; table: NatTable; flush: boolean }

export type Command = ServiceCommand | NatCommand
