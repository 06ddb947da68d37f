/** `fullnat token add|list|remove`: who may use the API over TCP. Works with and without a director. */
import { stateFolder } from '../../store/place.js'
import { addToken, readTokens, removeToken, SCOPES, type Scope } from '../../store/token.js'
import type { Terminal } from '../terminal.js'
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

export function token(request: TokenRequest, io: Terminal): void {
  const folder = stateFolder()
  switch (request.action) {
    case 'add':
      io.out(`${addToken(folder, request.name, request.scope)}\n`)
      io.err(`fullnat: token ${request.name}, scope ${request.scope}; it is not shown again\n`)
      break
    case 'list':
      for (const { name, scope, created } of readTokens(folder)) io.out(`${name} ${scope} ${created}\n`)
      break
    case 'remove':
      removeToken(folder, request.name)
  }
}
