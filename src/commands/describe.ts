/** A command in a few words, for the audit: what is changed, by its name; never the values,
 * which may be secret. */
import { endpointName, serviceName } from '../model/name.js'
import type { Command } from './command.js'

/** Commands that one line names; the others it counts. */
const NAMED_MAX = 3

/** Of commands that were carried out together. */
export function describeAll(commands: readonly Command[]): string[] {
  const named = commands.slice(0, NAMED_MAX).map(describe)
  const more = commands.length - named.length
  return more > 0 ? [...named, `and ${more} more`] : named
}

export const describe = (command: Command): string => [command.kind, ...subject(command)].join(' ')

function subject(command: Command): string[] {
  if (command.kind === 'destination.admin') {
    const { address, port } = command.key
    const where = command.service ? [serviceName(command.service)] : []
    return [...where, `${address ?? '*'}:${port ?? '*'}`, command.admin]
  }
  if ('service' in command) return [serviceName(command.service), endpointName(command.key)]
  if ('table' in command) return place(command)
  if (command.kind === 'settings.set') return Object.keys(command.settings)
  if ('role' in command) return [command.role]
  return 'key' in command && command.key ? [serviceName(command.key)] : []
}

function place(command: Extract<Command, { table: unknown }>): string[] {
  const { table, family } = command
  const where = `${table}/${family}`
  if (command.kind === 'table.batch') return [where, `${command.changes.length} changes`]
  return command.chain === null ? [where] : [where, command.chain]
}
