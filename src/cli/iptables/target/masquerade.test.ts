import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, saved, shown } from '../../../../test/compat/iptables-rule.js'

test('ports and flags', () => {
  assert.equal(saved('-j MASQUERADE'), '-j MASQUERADE')
  assert.equal(saved('-j MASQUERADE --random-fully --random'), '-j MASQUERADE --random --random-fully')
  assert.equal(saved('-p tcp -j MASQUERADE --to 80-90'), '-p tcp -j MASQUERADE --to-ports 80-90')
  assert.equal(shown('-p tcp -j MASQUERADE --to-ports 80 --random'), 'masq ports: 80 random')
})

test('what it does not take', () => {
  assert.equal(refusal('-j MASQUERADE --to-ports 80'), 'Need TCP, UDP, SCTP or DCCP with port specification')
  assert.equal(refusal('-p tcp -j MASQUERADE --to-ports :80'), "Port `:80' not valid")
  assert.equal(refusal('-p tcp -j MASQUERADE --to-ports 80:90'), 'Invalid port:port syntax - use dash')
  assert.equal(refusal('-j MASQUERADE --persistent'), 'unknown option "--persistent"')
})
