/** `fullnat token add|list|remove`: who may use the API over TCP. Works with and without a director. */
import { stateFolder } from '../../store/place.js'
import { addToken, readTokens, removeToken } from '../../store/token.js'
import type { Terminal } from '../terminal.js'
import type { TokenRequest } from './token-request.js'

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
