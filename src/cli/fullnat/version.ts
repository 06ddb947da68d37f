/** The version of this checkout or package, from its package.json. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export const versionOf = (root: string): string => JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version
