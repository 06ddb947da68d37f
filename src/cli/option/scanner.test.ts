import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dialect, getoptLong, OptionScanner, type OptionSpec, popt } from './scanner.js'

const options: OptionSpec[] = [
  { long: 'list', short: 'L', argument: 'none' },
  { long: 'numeric', short: 'n', argument: 'none' },
  { long: 'number', short: '', argument: 'none' },
  { long: 'tcp-service', short: 't', argument: 'required' },
  { long: 'persistent', short: 'p', argument: 'optional' },
]

/** Each token as one short text: `t=10` an option, `'x` a word, `?z` unknown, `!t` missing, `+n` surplus. */
function read(dialect: Dialect, ...words: string[]): string[] {
  const scanner = new OptionScanner(words, dialect)
  const seen: string[] = []
  for (let token = scanner.next(options); token; token = scanner.next(options)) {
    if (token.kind === 'option') seen.push(token.spec.long[0] + (token.argument === null ? '' : `=${token.argument}`))
    else if (token.kind === 'word') seen.push(`'${token.text}`)
    else if (token.kind === 'ambiguous') seen.push(`~${token.candidates.length}`)
    else seen.push(`${{ unknown: '?', missing: '!', surplus: '+' }[token.kind]}${token.written}`)
  }
  return seen
}

test('clusters and attached values', () => {
  for (const dialect of [popt, getoptLong]) {
    assert.deepEqual(read(dialect, '-Ln', '-t10'), ['l', 'n', 't=10'])
    assert.deepEqual(read(dialect, '-Lnt', '10', 'x'), ['l', 'n', 't=10', "'x"])
    assert.deepEqual(read(dialect, '--tcp-service=10', '--tcp-service', '-n'), ['t=10', 't=-n'])
    assert.deepEqual(read(dialect, '--tcp-service='), ['t='])
    assert.deepEqual(read(dialect, '-p300'), ['p=300'])
  }
})

test('where the dialects differ', () => {
  assert.deepEqual(read(popt, '-t=10'), ['t=10'])
  assert.deepEqual(read(getoptLong, '-t=10'), ['t==10'])
  assert.deepEqual(read(popt, '-p', '300', '-p', '-n'), ['p=300', 'p', 'n'])
  assert.deepEqual(read(getoptLong, '-p', '300'), ['p', "'300"])
  assert.deepEqual(read(popt, '--tcp', '10'), ['?--tcp', "'10"])
  assert.deepEqual(read(getoptLong, '--tcp', '10'), ['t=10'])
  assert.deepEqual(read(getoptLong, '--num'), ['~2'])
  assert.deepEqual(read(getoptLong, '--number'), ['n'])
  assert.deepEqual(read(popt, '-Ln=1', '-L'), ['l', '+-Ln=1', 'l'])
  assert.deepEqual(read(getoptLong, '-Ln=1'), ['l', 'n', '?-Ln=1'])
})

test('what is no option', () => {
  assert.deepEqual(read(popt, 'a', '!', '-', '', '-n'), ["'a", "'!", "'-", "'", 'n'])
  assert.deepEqual(read(popt, '-n', '--', '-L', '--'), ['n', "'-L", "'--"])
})

test('complaints carry the word as it was typed', () => {
  assert.deepEqual(read(popt, '-Lz', '-n'), ['l', '?-Lz', 'n'])
  assert.deepEqual(read(popt, '-Lt'), ['l', '!-Lt'])
  assert.deepEqual(read(popt, '--tcp-service'), ['!--tcp-service'])
  assert.deepEqual(read(popt, '--numeric=1'), ['+--numeric=1'])
})

test('the last word read, and words taken whole', () => {
  const scanner = new OptionScanner(['-Lt', '10', '-x', '-n'], popt)
  scanner.next(options)
  assert.equal(scanner.lastWord, '-Lt')
  assert.equal(scanner.peekWord(), null)
  scanner.next(options)
  assert.equal(scanner.lastWord, '10')
  assert.equal(scanner.takeWord(), '-x')
  assert.equal(scanner.peekWord(), '-n')
})
