import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, saved, shown } from '../../../../test/compat/iptables-rule.js'

/** What iptables 1.8.9 made of them. */
const SAVED = {
  'any DATA': 'any DATA',
  'all INIT,DATA': 'all DATA,INIT',
  'only DATA:Be': 'only DATA:Be',
  'ANY data': 'any DATA',
  'any DATA:': 'any DATA',
  'any DATA:UUbe': 'any DATA:Ube',
  'any DATA:Iu': 'any DATA:Iu',
  'any DATA:Bb': 'any DATA:B',
  'any DATA:B,DATA': 'any DATA:B',
  'any ABORT:t': 'any ABORT:t',
  'any SHUTDOWN_COMPLETE:T': 'any SHUTDOWN_COMPLETE:T',
  'any all': 'any ALL',
  'only NONE': 'only NONE',
  'any ,': 'any NONE',
  'any DATA,,DATA': 'any DATA',
  'any ASCONF_ACK,ASCONF,ECN_CWR,ECN_ECNE': 'any ECN_ECNE,ECN_CWR,ASCONF_ACK,ASCONF',
}

test('types of chunks are saved as iptables saves them', () => {
  for (const [given, text] of Object.entries(SAVED))
    assert.equal(saved(`-p sctp --chunk-types ${given} -j ACCEPT`), `-p sctp -m sctp --chunk-types ${text} -j ACCEPT`)
  assert.equal(
    saved('-p sctp ! --chunk-types any DATA ! --dport 7:9 --sport 5 -j ACCEPT'),
    '-p sctp -m sctp --sport 5 ! --dport 7:9 ! --chunk-types any DATA -j ACCEPT',
  )
})

test('numeric listings have numbers', () => {
  assert.equal(shown('-p sctp --chunk-types only DATA:Be'), 'sctp only 0x0000:Be')
  assert.equal(shown('-p sctp ! --chunk-types any RE_CONFIG,ASCONF'), 'sctp ! any 0x0082,0x00C1')
  assert.equal(shown('-p sctp --dport 7 --chunk-types all ALL'), 'sctp dpt:7 all ALL')
})

test('complaints are those of iptables', () => {
  const complaints = {
    'none DATA': 'Match type has to be one of "ALL", "ANY" or "ONLY"',
    'any FOO': "Unknown sctp chunk `FOO'",
    'any ALL:B': "Unknown sctp chunk `ALL'",
    'any DATA,ALL': "Unknown sctp chunk `ALL'",
    'any INIT:ab': 'Invalid flags for chunk type 1',
    'any DATA:BE:E': 'Invalid flags for chunk type 0',
    'any RE_CONFIG:x': 'Invalid flags for chunk type 16',
    'any ASCONF:x': 'Invalid flags for chunk type 18',
    'any -j ACCEPT': '--chunk-types requires two args',
    'any DATA --chunk-types any INIT': "Only one `--chunk-types' allowed",
  }
  for (const [given, complaint] of Object.entries(complaints))
    assert.equal(refusal(`-p sctp --chunk-types ${given}`), complaint)
})
