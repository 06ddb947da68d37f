import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { familyOf, format, MAPPED, parse } from './words.js'

test('dotted quads are read as ipaddr.js reads four-part decimals, and nothing else is one', () => {
  const part = fc.oneof(
    fc.nat(300).map(String),
    fc.constantFrom('', '0', '00', '01', '255', '256', '1e1', ' 1', '-1', '٣'),
  )
  const text = fc.array(part, { minLength: 3, maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(text, (quad) => {
      const words = parse(quad)
      if (!ipaddr.IPv4.isValidFourPartDecimal(quad)) return words === null
      return (
        words?.join() ===
        [
          0,
          0,
          MAPPED,
          ipaddr.IPv4.parse(quad)
            .toByteArray()
            .reduce((w, b) => (w << 8) | b, 0),
        ].join()
      )
    }),
    { numRuns: 5000 },
  )
})

test('addresses of both families read and print canonically', () => {
  for (const [text, canonical] of [
    ['192.0.2.1', '192.0.2.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
  ])
    assert.equal(format(parse(text) ?? []), canonical)
  assert.deepEqual(
    ['192.0.2.1', '2001:db8::1'].map((text) => familyOf(parse(text) ?? [])),
    [4, 6],
  )
})

test('zones, mapped and short forms, ports and names are no addresses', () => {
  for (const text of [
    '',
    '10.1',
    '0x7f.0.0.1',
    '10.0.0.1:80',
    'fe80::1%eth0',
    'localhost',
    '[::1]',
    '::ffff:10.0.0.1',
    '10.0.0.1 ',
  ])
    assert.equal(parse(text), null, text)
})
