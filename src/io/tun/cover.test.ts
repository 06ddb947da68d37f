import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Family, format, type Words } from '../../address/words.js'
import { BLOCKS_MAX, type Block, cover } from './cover.js'
import type { Endpoint } from './spec.js'

const v4 = (number: number): Words => [0, 0, 0xffff, number | 0]
const v6 = (number: number): Words => [0x20010db8, 0, number, number]
const tcp = (address: Words, port: number): Endpoint => ({ protocol: 6, address, port, lastPort: port })
const text = ({ protocol, subnet, ports }: Block): string =>
  `${protocol} ${format(subnet.address)}/${subnet.length} ${ports ?? '*'}`

test('neighbours are one block, with nothing else in it', () => {
  const ends = Array.from({ length: 6 }, (_, i) => [tcp(v4(0x0a000002 + i), 80), tcp(v4(0x0a000002 + i), 81)]).flat()
  const blocks = cover(4, [...ends, tcp(v4(0x0a000003), 0), { ...tcp(v4(0x0a000003), 65_535), protocol: 17 }])
  assert.deepEqual(blocks.map(text).sort(), [
    '17 10.0.0.3/32 *',
    '6 10.0.0.2/31 80,81',
    '6 10.0.0.3/32 *',
    '6 10.0.0.4/30 80,81',
  ])
})

const bits = (words: Words): string => words.map((word) => (word >>> 0).toString(2).padStart(32, '0')).join('')
const isIn = ({ protocol, subnet, ports }: Block, end: Endpoint, family: Family): boolean =>
  protocol === end.protocol &&
  bits(subnet.address).slice(0, subnet.length + (family === 4 ? 96 : 0)) ===
    bits(end.address).slice(0, subnet.length + (family === 4 ? 96 : 0)) &&
  (ports === null || (end.port >= ports[0] && end.port <= ports[1]))

const numbers = fc.oneof(fc.nat(40), fc.nat(2 ** 31))
const ends = (of: (number: number) => Words) =>
  fc.array(
    fc
      .record({ protocol: fc.constantFrom(6, 17), address: numbers.map(of), port: fc.constantFrom(0, 80, 82, 65_534) })
      .map((end): Endpoint => ({ ...end, lastPort: end.port })),
    { maxLength: 600, size: 'max' },
  )

for (const [family, of] of [
  [4, v4],
  [6, v6],
] as const)
  test(`IPv${family}: few blocks contain all; exactly all where these are few`, () => {
    fc.assert(
      fc.property(ends(of), fc.array(numbers), (wanted, others) => {
        const blocks = cover(family, wanted)
        assert.ok(blocks.length <= BLOCKS_MAX)
        for (const end of wanted) assert.ok(blocks.some((block) => isIn(block, end, family)))
        if (wanted.length > BLOCKS_MAX) return
        for (const end of others.map((number) => tcp(of(number), 81)))
          assert.ok(
            !blocks.some((block) => isIn(block, end, family)) ||
              wanted.some((each) => each.protocol === 6 && each.port === 0 && `${each.address}` === `${end.address}`),
          )
      }),
      { numRuns: 40 },
    )
  })

test('many ports of one address: runs of them, however many', () => {
  const blocks = cover(
    4,
    Array.from({ length: 6000 }, (_, i) => tcp(v4(0x0a000001), 10_000 + i * 8)),
  )
  assert.deepEqual(blocks.map(text), ['6 10.0.0.1/32 10000,57992'])
})

test('a hundred thousand scattered real servers: in time for a command', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => tcp(v4(Math.imul(i, 0x9e3779b1)), 80 + (i % 3)))
  const begin = process.cpuUsage()
  assert.ok(cover(4, many).length <= BLOCKS_MAX)
  assert.ok(process.cpuUsage(begin).user < 3e6)
})
