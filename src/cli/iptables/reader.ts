/** Lines to requests: names are looked up on the way, and what is to be said of a line is said once. */
import type { CliIo } from '../io.js'
import type { Names } from '../name/names.js'
import { resolving } from './lookup.js'
import { parse } from './parse.js'
import type { Program } from './program.js'
import type { Request } from './request.js'

/** `table` is the one of lines that name none; in a restore a line may not name one. Throws Complaint. */
export function reader(
  program: Program,
  table: string,
  restore: boolean,
  io: CliIo,
  names: Names,
): (words: readonly string[]) => Promise<Request> {
  const warnings: string[] = []
  const origin = { program, table, restore, warn: (text: string) => warnings.push(text) }
  const resolve = resolving(names, program.family)
  return async (words) => {
    try {
      return await resolve((lookup) => {
        warnings.length = 0
        return parse(words, origin, lookup)
      })
    } finally {
      for (const text of warnings) io.err(text)
    }
  }
}
