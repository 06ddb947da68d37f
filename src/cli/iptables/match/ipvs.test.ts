import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, ruleOf, saved, shown } from '../../../../test/compat/iptables-rule.js'

test('every term, in the order listings have', () => {
  const text =
    '-m ipvs --vportctl 21 ! --vmethod masq --vdir reply ! --vport http --vaddr 10.0.0.7/24 --vproto tcp --ipvs'
  assert.deepEqual(ruleOf(text).matches, [
    {
      kind: 'ipvs',
      ipvs: null,
      protocol: { invert: false, value: 6 },
      address: { invert: false, value: { address: '10.0.0.7', length: 24 } },
      port: { invert: true, value: 80 },
      direction: 'REPLY',
      method: { invert: true, value: 'MASQ' },
      controlPort: { invert: false, value: 21 },
    },
  ])
  const terms = (dashes: string) =>
    `${dashes}vproto 6 ${dashes}vaddr 10.0.0.7/24 ! ${dashes}vport 80 ` +
    `${dashes}vdir REPLY ! ${dashes}vmethod MASQ ${dashes}vportctl 21`
  assert.equal(saved(text), `-m ipvs ${terms('--')}`)
  assert.equal(shown(text), terms(''))
})

test('--ipvs alone is a term of its own', () => {
  assert.deepEqual([saved('-m ipvs --ipvs'), saved('-m ipvs ! --ipvs')], ['-m ipvs --ipvs', '-m ipvs ! --ipvs'])
  assert.equal(refusal('-m ipvs'), 'IPVS: At least one option is required')
  assert.equal(refusal('-m ipvs ! --ipvs --vport 1'), '! --ipvs cannot be together with other options')
})

test('masks are lengths or contiguous masks, and full ones are not shown', () => {
  const address = (text: string, family: 4 | 6 = 4) => saved(`-m ipvs --vaddr ${text}`, family)
  assert.equal(address('10.0.0.7/255.255.0.0'), '-m ipvs --vaddr 10.0.0.7/16')
  assert.equal(address('one/32'), '-m ipvs --vaddr 10.0.0.1')
  assert.equal(address('2001:db8::1/ffff::', 6), '-m ipvs --vaddr 2001:db8::1/16')
  for (const mask of ['33', '255.0.255.0', '', 'x', '24/8'])
    assert.match(refusal(`-m ipvs --vaddr 10.0.0.7/${mask}`), /neither a valid network mask nor valid CIDR \(0-32\)/)
})

test('an address is one address of the family', () => {
  const complaint = (text: string, family: 4 | 6 = 4) => refusal(`-m ipvs --vaddr ${text}`, family).trimEnd()
  assert.equal(complaint('nowhere'), 'getaddrinfo: Name or service not known')
  assert.equal(complaint('two'), 'two resolves to more than one address')
  assert.equal(complaint('::1'), 'getaddrinfo: Address family for hostname not supported')
  assert.equal(complaint('10.0.0.1', 6), 'getaddrinfo: Address family for hostname not supported')
  assert.match(complaint('10.1'), /write all four numbers/)
  assert.match(complaint('010.1.2.3'), /in decimal/)
})

test('a port is one that exists', () => {
  assert.equal(saved('-m ipvs --vport syslog'), '-m ipvs --vport 514')
  assert.match(refusal('-m ipvs --vport 65536'), /out of range/)
  assert.match(refusal('-m ipvs --vport nosuch'), /does not resolve to anything/)
  assert.match(refusal('-m ipvs --vport ""'), /does not resolve to anything/)
})

test('what is no value of an option, is inverted or given twice', () => {
  assert.equal(refusal('-m ipvs --vdir UP'), 'ipvs: Bad value for "--vdir" option: "UP"')
  assert.equal(refusal('-m ipvs --vmethod NAT'), 'ipvs: Bad value for "--vmethod" option: "NAT"')
  assert.equal(refusal('-m ipvs ! --vdir REPLY'), 'ipvs: option "--vdir" cannot be inverted.\n')
  assert.equal(refusal('-m ipvs --vport 1 --vport 2'), 'ipvs: option "--vport" can only be used once.\n')
})
