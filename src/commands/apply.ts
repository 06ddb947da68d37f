/**
 * Commands become states here, and nowhere else.
 *
 * Pure: the state given is never changed, the state returned shares with it what did not change. A command that
 * changes something raises the revision by one; one that fails changes nothing.
 */
import { Failure } from '../failure/failure.js'
import type { State } from '../model/state.js'
import type { Command, DaemonCommand, HealthCommand, ServiceCommand } from './command.js'
import { applyConfig } from './config.js'
import { applyDaemon } from './daemon.js'
import { Draft } from './draft.js'
import { applyHealth } from './health.js'
import { applyService } from './service.js'
import { applySettings } from './settings.js'
import { applyTable } from './table.js'

export interface Applied {
  state: State
  /** One for each command, in order; null: applied. */
  results: (Failure | null)[]
}

/** One command. Throws Failure. */
export function apply(state: State, command: Command): State {
  const draft = new Draft(state)
  applyTo(draft, command)
  return draft.finish()
}

/** Many commands, each on what the one before it left; stops at nothing. */
export function applyAll(state: State, commands: readonly Command[]): Applied {
  const draft = new Draft(state)
  const results = commands.map((command) => failureOf(draft, command))
  return { state: draft.finish(), results }
}

function failureOf(draft: Draft, command: Command): Failure | null {
  try {
    applyTo(draft, command)
    return null
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
}

function applyTo(draft: Draft, command: Command): void {
  if (changes(draft, command)) draft.state.revision++
}

function changes(draft: Draft, command: Command): boolean {
  if (command.kind === 'settings.set') return applySettings(draft, command.settings)
  if (command.kind === 'config.apply') return applyConfig(draft, command.desired)
  if (isDaemonCommand(command)) return applyDaemon(draft, command)
  if (isHealthCommand(command)) return applyHealth(draft, command)
  return isServiceCommand(command) ? applyService(draft, command) : applyTable(draft, command)
}

const isDaemonCommand = (command: Command): command is DaemonCommand => command.kind.startsWith('daemon.')

const HEALTH = ['health.set', 'destination.checks', 'destination.admin', 'alerts.set']

const isHealthCommand = (command: Command): command is HealthCommand => HEALTH.includes(command.kind)

const isServiceCommand = (command: Command): command is ServiceCommand =>
  command.kind.startsWith('service.') || command.kind.startsWith('destination.') || command.kind.startsWith('timeouts.')
