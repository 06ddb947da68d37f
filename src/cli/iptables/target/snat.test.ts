import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, ruleOf, saved, shown } from '../../../../test/compat/iptables-rule.js'

const complaint = (source: string, family: 4 | 6 = 4) => refusal(`-p tcp -j SNAT --to-source ${source}`, family)

test('addresses, ranges, ports and flags', () => {
  assert.deepEqual(ruleOf('-p tcp -j SNAT --to 10.1.1.1-10.1.1.9:1024-2048 --persistent --random').target, {
    kind: 'SNAT',
    addresses: { from: '10.1.1.1', to: '10.1.1.9' },
    ports: { from: 1024, to: 2048 },
    random: true,
    randomFully: false,
    persistent: true,
  })
  assert.equal(shown('-j SNAT --to 10.1.1.1 --persistent --random-fully'), 'to:10.1.1.1 random-fully persistent')
})

test('what is said comes back', () => {
  for (const text of ['10.1.1.1', '10.1.1.1-10.1.1.9', '10.1.1.1:80', '10.1.1.1-10.1.1.9:80-90', ':80 --random'])
    assert.equal(saved(`-p tcp -j SNAT --to-source ${text}`), `-p tcp -j SNAT --to-source ${text}`)
  for (const text of ['2001:db8::5', '2001:db8::5-2001:db8::9', '[2001:db8::5]:80', '[2001:db8::5-2001:db8::9]:80-90'])
    assert.equal(saved(`-p tcp -j SNAT --to-source ${text}`, 6), `-p tcp -j SNAT --to-source ${text}`)
  assert.equal(saved('-p tcp -j SNAT --to 10.1.1.1-10.1.1.1:http'), '-p tcp -j SNAT --to-source 10.1.1.1:80')
  assert.equal(saved('-p udp -j SNAT --to [2001:db8::5]', 6), '-p udp -j SNAT --to-source 2001:db8::5')
})

test('an address that packets can come from', () => {
  for (const bad of ['', 'nonsense', '10.1.1', '010.1.1.1', '10.1.1.1:80:90', '10.1.1.1/24', '2001:db8::1'])
    assert.equal(complaint(bad === '' ? '""' : bad), `Bad IP address "${bad}"`)
  for (const bad of ['0.0.0.0', '224.0.0.1', '255.255.255.255', '0.1.2.3'])
    assert.equal(complaint(bad), `Bad IP address "${bad}": no host has it`)
  for (const bad of ['::', 'ff02::1']) assert.equal(complaint(bad, 6), `Bad IP address "${bad}": no host has it`)
  assert.equal(complaint('::ffff:10.1.1.1', 6), 'Bad IP address "::ffff:10.1.1.1"')
  assert.equal(complaint('10.1.1.9-10.1.1.1'), "Address range `10.1.1.9-10.1.1.1' ends before it begins")
  assert.equal(complaint('2001:db8::2-2001:db8::1', 6), "Address range `2001:db8::2-2001:db8::1' ends before it begins")
})

test('ports that exist, of a protocol that has ports', () => {
  for (const [ports, text] of [
    ['', "Port `' not valid"],
    ['0', "Port `0' not valid"],
    ['0-5', "Port `0' not valid"],
    ['65536', "Port `65536' not valid"],
    ['80-', "Port `' not valid"],
    ['80-http', "Port `http' not valid"],
    ['80-65536', "Port `65536' not valid"],
    ['90-80', "Port range `80' funky"],
    ['80x', "Garbage after port value: `x'"],
    ['80-90/5', "Garbage after port range: `/5'"],
  ])
    assert.equal(complaint(`10.1.1.1:${ports}`), text)
  const need = 'Need TCP, UDP, SCTP or DCCP with port specification'
  for (const protocol of ['', '-p gre', '! -p tcp']) assert.equal(refusal(`${protocol} -j SNAT --to 10.1.1.1:80`), need)
  assert.equal(refusal('-j SNAT --to 10.1.1.1:80 -p tcp'), need)
})

test('--to-source is required, and said once', () => {
  assert.equal(refusal('-j SNAT --random'), 'SNAT: option "--to-source" must be specified\n')
  assert.equal(refusal('-j SNAT --to 10.1.1.1 --to 10.1.1.2'), 'SNAT: option "--to-source" can only be used once.\n')
  assert.equal(refusal('-j SNAT ! --to 10.1.1.1'), 'SNAT: option "--to-source" cannot be inverted.\n')
  assert.equal(refusal('-j SNAT --to [10.1.1.1]:80 -p tcp'), 'Invalid address format')
})
