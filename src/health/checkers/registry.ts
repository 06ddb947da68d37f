/** Every kind of check that is made: one line each. Others are refused (commands/health.ts). */
import type { BuiltKind } from '../../model/check.js'
import type { Checker } from '../checker.js'
import { http } from './http.js'
import { tcp } from './tcp.js'

export const checkers: { readonly [K in BuiltKind]: Checker<K> } = {
  tcp,
  http,
}
