import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exposition, labels } from './exposition.js'

test('a family, and what is special in it', () => {
  const text = new Exposition()
    .family('a_total', 'counter', 'One\nline, one \\.')
    .sample(labels({ name: 'a "b"\n\\' }), 1)
    .sample('', 2)
    .text()
  assert.equal(
    text,
    '# HELP a_total One\\nline, one \\\\.\n# TYPE a_total counter\na_total{name="a \\"b\\"\\n\\\\"} 1\na_total 2\n',
  )
})
