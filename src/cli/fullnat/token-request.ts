/** The words after `fullnat token`. */
import { SCOPES, type Scope } from '../../model/scope.js'
import { UsageError } from './usage-error.js'

export type TokenRequest =
  | { command: 'token'; action: 'add'; name: string; scope: Scope }
  | { command: 'token'; action: 'list' }
  | { command: 'token'; action: 'remove'; name: string }

/** Throws UsageError. */
export function tokenRequest([action, ...words]: readonly string[]): TokenRequest {
  if (action === 'list' && words.length === 0) return { command: 'token', action }
  const [name, scope = 'read'] = words
  if (action === 'remove' && words.length === 1) return { command: 'token', action, name }
  const found = SCOPES.find((one) => one === scope.replace(/^--scope=/, ''))
  if (action === 'add' && found && (words.length === 1 || words.length === 2))
    return { command: 'token', action, name, scope: found }
  throw new UsageError('token takes add NAME [read|write], list, or remove NAME')
}
