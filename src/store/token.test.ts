import assert from 'node:assert/strict'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Failure } from '../failure/failure.js'
import { forget } from './file.js'
import { addToken, readTokens, removeToken, tokenOf, tokensVersion } from './token.js'

function folder(t: { after(clean: () => void): void }): string {
  const path = fs.mkdtempSync(join(tmpdir(), 'fullnat-token-'))
  t.after(() => fs.rmSync(path, { recursive: true }))
  return path
}
const failsWith = (code: string) => (error: unknown) => error instanceof Failure && error.code === code

test('a token is found by itself alone, and is not in its file', (t) => {
  const path = folder(t)
  const before = tokensVersion(path)
  const secret = addToken(path, 'ops', 'write')
  addToken(path, 'prometheus', 'read')
  assert.notEqual(tokensVersion(path), before)
  const list = readTokens(path)
  assert.equal(tokenOf(list, secret)?.name, 'ops')
  assert.equal(tokenOf(list, secret)?.scope, 'write')
  assert.equal(tokenOf(list, `${secret.slice(0, -1)}~`), null)
  assert.equal(tokenOf(list, ''), null)
  const file = join(path, 'tokens.json')
  assert.ok(!fs.readFileSync(file, 'utf8').includes(secret.slice(8)))
  assert.equal(fs.statSync(file).mode & 0o777, 0o600)
})

test('a name is there once, and goes', (t) => {
  const path = folder(t)
  const secret = addToken(path, 'ops', 'read')
  assert.throws(() => addToken(path, 'ops', 'write'), failsWith('token-exists'))
  removeToken(path, 'ops')
  assert.equal(tokenOf(readTokens(path), secret), null)
  assert.throws(() => removeToken(path, 'ops'), failsWith('token-missing'))
  assert.throws(() => addToken(path, 'a b', 'read'), failsWith('bad-request'))
})

test('a file that makes no sense lets nobody in', (t) => {
  const path = folder(t)
  for (const text of ['{', '[{"name":"x"}]', '[{"name":"x","scope":"root","created":"x","hash":"00"}]']) {
    fs.writeFileSync(join(path, 'tokens.json'), text)
    assert.throws(() => readTokens(path), failsWith('state-unreadable'))
  }
})

test('a folder that is forgotten lets nobody in', (t) => {
  const path = folder(t)
  addToken(path, 'ops', 'read')
  forget(path)
  assert.deepEqual(readTokens(path), [])
})
