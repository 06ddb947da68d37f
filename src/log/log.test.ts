import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLog } from './log.js'

function lines(level: 'debug' | 'info' | 'warn' | 'error' = 'info') {
  const written: string[] = []
  return { written, log: createLog(level, (line) => written.push(line)) }
}

const withoutTime = (line: string): string => {
  const [, time, rest] = /^(\S+) ([\s\S]*)$/.exec(line)!
  assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d$/)
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 5000, `${time} is now, whatever the zone`)
  return rest
}

test('one line an event: time, level, words, facts', () => {
  const { log, written } = lines('debug')
  log.debug('looked')
  log.info('up', { pid: 7, state: '/var/lib/fullnat' })
  log.warn('two\nlines')
  assert.deepEqual(written.map(withoutTime), [
    'debug looked\n',
    'info  up pid=7 state=/var/lib/fullnat\n',
    'WARN  two | lines\n',
  ])
})

test('what was thrown follows with its stack, indented', () => {
  const { log, written } = lines()
  log.error('broken', new TypeError('no such thing'))
  log.error('broken', 'a text')
  assert.match(withoutTime(written[0]), /^ERROR broken\n {4}TypeError: no such thing\n {8}at /)
  assert.equal(withoutTime(written[1]), 'ERROR broken\n    a text\n')
})

test('what is below the level is not written', () => {
  const { log, written } = lines('warn')
  log.info('up')
  log.warn('dry')
  assert.deepEqual(written.map(withoutTime), ['WARN  dry\n'])
})

test('for a program: one object a line, the facts in it', () => {
  const written: string[] = []
  const log = createLog('info', (line) => written.push(line), 'json')
  log.warn('two\nlines', { revision: 7, by: 'uid:0' })
  log.error('broken', 'a text')
  const [first, second] = written.map((line) => JSON.parse(line))
  assert.deepEqual({ ...first, time: '' }, { time: '', level: 'warn', msg: 'two\nlines', revision: 7, by: 'uid:0' })
  assert.ok(Math.abs(Date.parse(first.time) - Date.now()) < 5000)
  assert.deepEqual({ ...second, time: '' }, { time: '', level: 'error', msg: 'broken', thrown: 'a text' })
  assert.ok(written.every((line) => line.indexOf('\n') === line.length - 1))
})
