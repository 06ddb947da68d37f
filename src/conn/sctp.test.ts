import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextState, SCTP_STATE_NAMES, SCTP_TIMEOUTS_S } from './sctp.js'
import { Side } from './tcp.js'

const CHUNKS: Record<string, number> = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  authentication: 15,
  forward: 192,
}

/** '>init' from the client, '<initAck' from the server, '^init' from a client whose server's answers pass elsewhere. */
function life(chunks: string): string[] {
  const sides: Record<string, number> = { '>': Side.input, '<': Side.output, '^': Side.inputOnly }
  let state = 0
  return chunks.split(' ').map((chunk) => {
    state = nextState(state, sides[chunk[0]], CHUNKS[chunk.slice(1)])
    return SCTP_STATE_NAMES[state]
  })
}

test('an association through NAT', () => {
  assert.deepEqual(life('>init <initAck >cookieEcho <cookieAck >data <sack'), [
    'INIT1',
    'C-SENT',
    'C-REPLIED',
    'ESTABLISHED',
    'ESTABLISHED',
    'ESTABLISHED',
  ])
  assert.deepEqual(life('>init <initAck >cookieEcho <cookieAck >shutdown <shutdownAck >shutdownComplete').slice(4), [
    'S-RECEIVED',
    'S-ACK-SENT',
    'CLOSED',
  ])
})

test('an association whose answers pass elsewhere', () => {
  assert.deepEqual(life('^init ^cookieEcho ^data ^shutdown ^shutdownComplete'), [
    'INIT1',
    'ESTABLISHED',
    'ESTABLISHED',
    'S-RECEIVED',
    'CLOSED',
  ])
})

test('what ends one, and what a chunk of another kind does', () => {
  assert.deepEqual(life('>init <abort'), ['INIT1', 'REJECTED'])
  assert.deepEqual(life('>init >init >init'), ['INIT1', 'INIT', 'INIT'])
  assert.deepEqual(life('>init <initAck >cookieEcho <cookieAck >abort >init').slice(3), [
    'ESTABLISHED',
    'CLOSED',
    'INIT',
  ])
  assert.deepEqual(life('>init >authentication >forward'), ['INIT1', 'INIT1', 'INIT1'])
  assert.deepEqual(life('>forward'), ['ESTABLISHED'])
})

test('every state has a name and a time', () => {
  assert.deepEqual([SCTP_STATE_NAMES.length, SCTP_TIMEOUTS_S.length], [14, 14])
})
