/** tcp, udp and sctp. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, ruleOf, saved, shown } from '../../../../test/compat/iptables-rule.js'

const KINDS = ['tcp', 'udp', 'sctp'] as const

test('ports, ranges and negations come back as they went in', () => {
  for (const kind of KINDS)
    for (const ports of ['--sport 5', '--dport 53:80', '--sport 1024:65535 --dport 0:80', '! --sport 5 ! --dport 6:7'])
      assert.equal(saved(`-p ${kind} -m ${kind} ${ports}`), `-p ${kind} -m ${kind} ${ports}`)
})

test('the match of the protocol is implied by its options', () => {
  assert.equal(saved('-p tcp --dport http'), '-p tcp -m tcp --dport 80')
  assert.equal(saved('-p 17 --source-port domain'), '-p udp -m udp --sport 53')
  assert.equal(saved('-p sctp --dpo 5'), '-p sctp -m sctp --dport 5')
  assert.equal(
    saved('-p tcp -m comment --comment c --dport 1:'),
    '-p tcp -m comment --comment c -m tcp --dport 1:65535',
  )
})

test('as -L shows them', () => {
  assert.equal(shown('-p tcp --dport 80 ! --sport 1:2'), 'tcp spts:!1:2 dpt:80')
  assert.equal(shown('-p udp ! --dport 53'), 'udp dpt:!53')
  assert.equal(shown('-p sctp -m sctp'), 'sctp')
})

test('every port is no condition to tcp and udp, and one to sctp', () => {
  assert.deepEqual(ruleOf('-p udp --dport :').matches, [{ kind: 'udp', source: null, destination: null }])
  assert.equal(saved('-p udp --sport 0:65535'), '-p udp -m udp')
  assert.equal(saved('-p sctp --sport :'), '-p sctp -m sctp --sport 0:65535')
  for (const kind of KINDS) assert.match(refusal(`-p ${kind} ! --sport :`), /would never match/)
})

test('each complains in its own words', () => {
  for (const kind of ['tcp', 'sctp']) {
    assert.equal(refusal(`-p ${kind} --dport nosuch`), "invalid port/service `nosuch' specified")
    assert.equal(refusal(`-p ${kind} --dport 65536`), "invalid port/service `65536' specified")
    assert.equal(refusal(`-p ${kind} --dport 1 --destination-port 2`), "Only one `--destination-port' allowed")
  }
  assert.equal(refusal('-p udp --dport nosuch'), 'Port "nosuch" does not resolve to anything.\n')
  assert.match(refusal('-p udp --dport 65536'), /out of range/)
  assert.equal(refusal('-p udp --dport 1 --dport 2'), 'udp: option "--destination-port" can only be used once.\n')
  assert.equal(refusal('-p udp --dport 1:2:3'), 'udp: Too many components for option "--destination-port" (max: 2)\n')
  for (const kind of KINDS) assert.equal(refusal(`-p ${kind} --dport 9:8`), 'invalid portrange (min > max)')
})

test('a port needs a rule for the protocol', () => {
  assert.equal(refusal('-m tcp --dport 80'), "TCP match requires '-p tcp'")
  assert.equal(refusal('! -p udp -m udp --dport 80'), "UDP match requires '-p udp'")
  assert.equal(refusal('--dport 80 -p tcp'), 'unknown option "--dport"')
})
