import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isActive, nextState, SECURE, Side, TCP_STATE_NAMES } from './tcp.js'

const FLAGS: Record<string, number> = { S: 2, SA: 18, A: 16, FA: 17, R: 4, RA: 20, none: 0 }

/** '>S' from the client, '<SA' from the server: the states' names after each. */
function life(segments: string, tables = 0): string[] {
  let state = 0
  return segments.split(' ').map((segment) => {
    const side = segment[0] === '>' ? Side.input : Side.output
    state = nextState(state, side + tables, FLAGS[segment.slice(1)])
    return TCP_STATE_NAMES[state]
  })
}

test('lives of a connection through NAT, as lvs.md 2.6 tells them', () => {
  assert.deepEqual(life('>S <SA >A'), ['SYN_RECV', 'SYN_RECV', 'ESTABLISHED'])
  assert.deepEqual(life('>S <SA >A >FA <FA >A').slice(3), ['CLOSE_WAIT', 'TIME_WAIT', 'TIME_WAIT'])
  assert.deepEqual(life('>S <SA >A <FA >A >FA').slice(3), ['FIN_WAIT', 'FIN_WAIT', 'TIME_WAIT'])
  assert.deepEqual(life('>S <RA'), ['SYN_RECV', 'CLOSE'])
  assert.deepEqual(life('>S >R'), ['SYN_RECV', 'SYN_RECV'])
  assert.deepEqual(life('>S <SA >A >R').at(-1), 'CLOSE')
  assert.deepEqual(life('>S <SA >A >none').at(-1), 'CLOSE')
})

test('half-open connections count as active', () => {
  assert.deepEqual(
    TCP_STATE_NAMES.filter((_, state) => isActive(state)),
    ['ESTABLISHED', 'SYN_SENT', 'SYN_RECV', 'SYNACK'],
  )
})

test('simultaneous open, and a server that opens towards the client', () => {
  assert.deepEqual(life('>S <S >SA <SA >A'), ['SYN_RECV', 'SYN_RECV', 'SYN_RECV', 'SYN_RECV', 'ESTABLISHED'])
  assert.deepEqual(life('<S >SA <A'), ['SYN_SENT', 'ESTABLISHED', 'ESTABLISHED'])
})

test('under secure_tcp the client alone makes no connection', () => {
  const secure = (segments: string) => life(segments, SECURE)
  assert.deepEqual(secure('>S >A >A'), ['SYN_RECV', 'SYN_RECV', 'SYN_RECV'])
  assert.deepEqual(secure('>S <SA >A <A'), ['SYN_RECV', 'SYNACK', 'SYNACK', 'ESTABLISHED'])
  assert.deepEqual(secure('>S <SA >R'), ['SYN_RECV', 'SYNACK', 'CLOSE'])
})
