import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { format, parse } from '../address/words.js'
import { advance, isWithin, pick } from './range.js'

const words = (...texts: string[]) => Int32Array.from(texts.flatMap((text) => [...parse(text)!]))

/** What Linux 6.1 gave these clients of these servers for `--to-source RANGE [--persistent]` (conntrack -L). */
const kernel: [range: string, persistent: boolean, client: string, server: string, source: string][] = [
  ['192.0.2.10-192.0.2.25', false, '10.1.105.15', '10.2.0.1', '192.0.2.15'],
  ['192.0.2.10-192.0.2.25', false, '10.1.133.19', '10.2.7.99', '192.0.2.12'],
  ['192.0.2.10-192.0.2.25', false, '10.1.35.5', '10.2.0.1', '192.0.2.18'],
  ['192.0.2.10-192.0.2.25', false, '10.1.63.9', '10.2.7.99', '192.0.2.19'],
  ['2001:db8:5::10-2001:db8:5::25', false, '2001:db8:1:1::4d', '2001:db8:2:7::99', '2001:db8:5::18'],
  ['2001:db8:5::10-2001:db8:5::25', false, '2001:db8:1:5::181', '2001:db8:2::1', '2001:db8:5::16'],
  ['2001:db8:5::10-2001:db8:5::25', false, '2001:db8:1:a::302', '2001:db8:2:7::99', '2001:db8:5::11'],
  ['2001:db8:5::10-2001:db8:5::25', false, '2001:db8:1:2::9a', '2001:db8:2::1', '2001:db8:5::20'],
  ['192.0.2.10-192.0.2.25', true, '10.1.105.15', '10.2.0.1', '192.0.2.15'],
  ['192.0.2.10-192.0.2.25', true, '10.1.133.19', '10.2.7.99', '192.0.2.13'],
  ['192.0.2.10-192.0.2.25', true, '10.1.35.5', '10.2.0.1', '192.0.2.14'],
  ['192.0.2.10-192.0.2.25', true, '10.1.63.9', '10.2.7.99', '192.0.2.22'],
  ['2001:db8:5::10-2001:db8:5::25', true, '2001:db8:1:1::4d', '2001:db8:2:7::99', '2001:db8:5::18'],
  ['2001:db8:5::10-2001:db8:5::25', true, '2001:db8:1:5::181', '2001:db8:2::1', '2001:db8:5::17'],
  ['2001:db8:5::10-2001:db8:5::25', true, '2001:db8:1:a::302', '2001:db8:2:7::99', '2001:db8:5::12'],
  ['2001:db8:5::10-2001:db8:5::25', true, '2001:db8:1:2::9a', '2001:db8:2::1', '2001:db8:5::13'],
  ['172.16.3.7-172.29.200.3', false, '10.1.14.2', '10.2.0.1', '172.29.119.157'],
  ['172.16.3.7-172.29.200.3', false, '10.1.126.18', '10.2.0.1', '172.22.134.93'],
  ['172.16.3.7-172.29.200.3', false, '10.1.35.5', '10.2.0.1', '172.23.0.23'],
  ['172.16.3.7-172.29.200.3', false, '10.1.63.9', '10.2.7.99', '172.23.202.132'],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    false,
    '2001:db8:1:1::4d',
    '2001:db8:2:7::99',
    '2001:db8:5:4:6686:d4b9:6686:d4b9',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    false,
    '2001:db8:1:5::181',
    '2001:db8:2::1',
    '2001:db8:5:3:47cf:d761:47cf:d761',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    false,
    '2001:db8:1:a::302',
    '2001:db8:2:7::99',
    '2001:db8:5:1:dd2:42fa:dd2:42fa',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    false,
    '2001:db8:1:2::9a',
    '2001:db8:2::1',
    '2001:db8:5:7:bcd8:af96:bcd8:af96',
  ],
  ['172.16.3.7-172.29.200.3', true, '10.1.105.15', '10.2.0.1', '172.20.83.108'],
  ['172.16.3.7-172.29.200.3', true, '10.1.14.2', '10.2.7.99', '172.21.151.158'],
  ['172.16.3.7-172.29.200.3', true, '10.1.49.7', '10.2.0.1', '172.19.224.110'],
  ['172.16.3.7-172.29.200.3', true, '10.1.77.11', '10.2.0.1', '172.21.110.36'],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    true,
    '2001:db8:1:1::4d',
    '2001:db8:2:7::99',
    '2001:db8:5:4:61b4:a231:61b4:a231',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    true,
    '2001:db8:1:3::e7',
    '2001:db8:2:7::99',
    '2001:db8:5:3:3e5a:e44a:3e5a:e44a',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    true,
    '2001:db8:1:9::2b5',
    '2001:db8:2:7::99',
    '2001:db8:5:4:68c2:cdde:68c2:cdde',
  ],
  [
    '2001:db8:5:1::-2001:db8:5:9:ffff:ffff:ffff:ffff',
    true,
    '2001:db8:1:2::9a',
    '2001:db8:2::1',
    '2001:db8:5:2:24bb:2e22:24bb:2e22',
  ],
]

test('picks the address netfilter picks', () => {
  for (const [range, persistent, client, server, source] of kernel) {
    const [first, last] = range.split('-').map((text) => parse(text)!)
    const to = new Int32Array(4)
    pick(to, 0, first, last, words(client, server), 0, 4, persistent)
    assert.equal(format(to), source, `${client} to ${server} by ${range}`)
  }
})

const word = fc.oneof(fc.integer(), fc.constantFrom(0, -1))
const address = fc.tuple(word, word, word, word)
const big = (w: ArrayLike<number>) => [0, 1, 2, 3].reduce((sum, i) => (sum << 32n) | BigInt(w[i] >>> 0), 0n)

test('never leaves the range, whatever its bounds', () => {
  fc.assert(
    fc.property(address, address, address, address, fc.boolean(), (a, b, client, server, persistent) => {
      const [first, last] = big(a) <= big(b) ? [a, b] : [b, a]
      const to = new Int32Array(4)
      pick(to, 0, first, last, Int32Array.of(...client, ...server), 0, 4, persistent)
      assert.ok(big(first) <= big(to) && big(to) <= big(last))
      assert.ok(isWithin(to, 0, first, last))
      assert.equal(
        isWithin(Int32Array.of(...client), 0, first, last),
        big(first) <= big(client) && big(client) <= big(last),
      )
    }),
  )
})

test('steps through a range and round again', () => {
  const [first, last] = [parse('192.0.2.254')!, parse('192.0.3.1')!]
  const at = words('192.0.3.0')
  const seen = [1, 2, 3, 4].map(() => {
    advance(at, 0, first, last)
    return format(at)
  })
  assert.deepEqual(seen, ['192.0.3.1', '192.0.2.254', '192.0.2.255', '192.0.3.0'])
  const six = words('2001:db8::ffff:ffff:ffff')
  advance(six, 0, parse('2001:db8::')!, parse('2001:db8:1::')!)
  assert.equal(format(six), '2001:db8:0:0:1::')
})
