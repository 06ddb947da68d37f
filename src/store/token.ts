/**
 * Tokens of the API, kept beside the state in a file for its owner alone: names, scopes, and hashes.
 *
 * A token is 256 random bits, so a plain SHA-256 of it gives nothing away. It is shown once, when it is made. The file is
 * read again when it has changed: `fullnat token` works with and without a director.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { Failure } from '../failure/failure.js'
import { SCOPES, type Scope } from '../model/scope.js'
import { list, oneOf, record, text, where } from './check.js'
import { claim } from './place.js'

export interface Token {
  name: string
  scope: Scope
  /** ISO 8601. */
  created: string
  /** SHA-256, hexadecimal. */
  hash: string
}

const FILE = 'tokens.json'
const PREFIX = 'fullnat_'
const BYTES = 32
const NAME = /^[\w.@-]{1,64}$/

const hash = where(text(64, 64), (value) => /^[\da-f]+$/.test(value), 'not a SHA-256')
const tokens = list(record<Token>({ name: text(1, 64), scope: oneOf(...SCOPES), created: text(1, 40), hash }))

/** The token itself, for the first and last time. Failure('token-exists', 'bad-request'). */
export function addToken(folder: string, name: string, scope: Scope): string {
  if (!NAME.test(name))
    throw new Failure('bad-request', `a token's name is 1 to 64 of A-Z a-z 0-9 _ . @ -, not '${name}'`)
  const before = readTokens(folder)
  if (before.some((token) => token.name === name)) {
    throw new Failure('token-exists', `there is a token ${name}; \`fullnat token remove ${name}\` ends it`)
  }
  const secret = PREFIX + randomBytes(BYTES).toString('base64url')
  write(folder, [...before, { name, scope, created: new Date().toISOString(), hash: hashOf(secret).toString('hex') }])
  return secret
}

/** Failure('token-missing'). */
export function removeToken(folder: string, name: string): void {
  const before = readTokens(folder)
  const after = before.filter((token) => token.name !== name)
  if (after.length === before.length) throw new Failure('token-missing', `there is no token ${name}`)
  write(folder, after)
}

/** Nobody is let in any more. */
export const forgetTokens = (folder: string): void => fs.rmSync(join(folder, FILE), { force: true })

/** Failure('state-unreadable'): nobody is let in by a file that makes no sense. */
export function readTokens(folder: string): Token[] {
  const path = join(folder, FILE)
  try {
    const found: unknown = JSON.parse(fs.readFileSync(path, 'utf8'))
    const complaint = tokens(found)
    if (complaint === '') return found as Token[]
    throw new Error(complaint)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw new Failure('state-unreadable', `cannot read ${path}: ${(error as Error).message}`)
  }
}

/** The token that this is, or null. Every token is compared, each in the same time. */
export function tokenOf(list: readonly Token[], secret: string): Token | null {
  const hash = hashOf(secret)
  let found: Token | null = null
  for (const token of list) if (timingSafeEqual(hash, Buffer.from(token.hash, 'hex'))) found = token
  return found
}

/** Tells whether the file is another than before: its time and size. */
export function tokensVersion(folder: string): string {
  const found = fs.statSync(join(folder, FILE), { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : ''
}

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest()

function write(folder: string, list: readonly Token[]): void {
  claim(folder)
  const path = join(folder, FILE)
  fs.writeFileSync(`${path}.new`, JSON.stringify(list, null, 1), { mode: 0o600 })
  fs.renameSync(`${path}.new`, path)
}
