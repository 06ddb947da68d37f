import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, saved, shown } from '../../../../test/compat/iptables-rule.js'

test('quoted where it must be', () => {
  for (const [typed, kept] of [
    ['plain_-9', 'plain_-9'],
    ['"hello world"', '"hello world"'],
    ['"a \\"b\\" \\\\ it\\\'s"', '"a \\"b\\" \\\\ it\\\'s"'],
    ['""', '""'],
    ['grüß', '"grüß"'],
  ])
    assert.equal(saved(`-m comment --comment ${typed}`), `-m comment --comment ${kept}`)
  assert.equal(shown('-m comment --comment "a \\"b\\""'), '/* a "b" */')
})

test('what could not be saved is refused', () => {
  assert.match(refusal(`-m comment --comment ${'ü'.repeat(128)}`), /longer than 255 bytes/)
  assert.match(refusal('-m comment --comment "a\nb"'), /line break/)
  assert.equal(refusal('-m comment'), 'comment: option "--comment" must be specified\n')
  assert.equal(refusal('-m comment ! --comment a'), 'comment: option "--comment" cannot be inverted.\n')
})
