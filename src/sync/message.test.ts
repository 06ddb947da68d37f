import assert from 'node:assert/strict'
import { test } from 'node:test'
import { format, parse } from '../address/words.js'
import type { SyncEntry } from '../engine/data-plane.js'
import { decode, encode, HEADER } from './message.js'

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(/\s/g, ''), 'hex')

/** Sent by a kernel's LVS (Linux 6.1). */
const V1 = bytes(`00 09 00 50 02 01 00 00
  00 11 00 24 00 00 01 00 00 00 4e 20 03 e9 00 09 00 00 00 00 00 00 01 2c 0a 0a 00 02 0a 0a 00 64 ac 10 00 0d
  00 11 00 24 00 00 01 00 00 00 4e 21 03 e9 00 09 00 00 00 00 00 00 01 2c 0a 0a 00 03 0a 0a 00 64 ac 10 00 0d`)
const V0 = bytes('01 09 00 1c 00 11 4e 22 03 e9 00 09 0a 0a 00 04 0a 0a 00 64 ac 10 00 0c 01 00 00 00')

const udp = (client: string, clientPort: number, real: string): SyncEntry => ({
  family: 4,
  protocol: 17,
  template: false,
  method: 0,
  noOutput: false,
  inactive: true,
  state: 0,
  client: parse(client)!,
  clientPort,
  virtual: parse('10.10.0.100')!,
  virtualPort: 1001,
  real: parse(real)!,
  realPort: 9,
  fwmark: 0,
  timeoutS: 300,
  source: null,
})

const translated: SyncEntry = {
  ...udp('10.10.0.2', 20000, '172.16.0.13'),
  protocol: 6,
  state: 1,
  inactive: false,
  source: { address: parse('172.16.0.1')!, port: 61001, pooled: true, sequenceShift: -5, timestampShift: 7 },
}
const translated6: SyncEntry = {
  ...translated,
  family: 6,
  client: parse('2001:db8::64')!,
  virtual: parse('2001:db8::45')!,
  real: parse('2001:db8::15')!,
  source: { ...translated.source!, address: parse('2001:db8::10')! },
}
const template: SyncEntry = {
  ...udp('10.10.0.0', 0, '172.16.0.13'),
  protocol: 0,
  template: true,
  inactive: false,
  state: 1,
  virtual: parse('0.0.0.7')!,
  virtualPort: 0,
  realPort: 0,
  fwmark: 7,
}

test('what a kernel has sent is read, and written to the bit', () => {
  const entries = [udp('10.10.0.2', 20000, '172.16.0.13'), udp('10.10.0.3', 20001, '172.16.0.13')]
  assert.deepEqual(decode(V1), { syncId: 9, entries, skipped: 0 })
  assert.deepEqual(encode(9, entries, 1472), [V1])
})

test('version 0 is read; it tells no time', () => {
  const entry = { ...udp('10.10.0.4', 20002, '172.16.0.12'), timeoutS: 0 }
  assert.deepEqual(decode(V0), { syncId: 9, entries: [entry], skipped: 0 })
})

test('what is written is read again: sources, both families, templates, gate and tunnel', () => {
  const gate = { ...udp('10.10.0.2', 1, '172.16.0.13'), method: 3, noOutput: true }
  const entries = [translated, gate, translated6, template, { ...gate, method: 2 }]
  const [message, ...rest] = encode(255, entries, 1472)
  assert.deepEqual(rest, [])
  assert.deepEqual(decode(message), { syncId: 255, entries, skipped: 0 })
})

test('an IPv6 template of a mark has the mark where IPVS has it', () => {
  const virtual = parse('::7')!
  const entry = { ...template, family: 6 as const, client: parse('2001:db8::')!, virtual, real: parse('2001:db8::15')! }
  const [message] = encode(1, [entry], 1472)
  assert.equal(message.readUInt32BE(HEADER + 24 + 16), 7)
  assert.equal(format(decode(message)!.entries[0].virtual), '::7')
})

test('a kernel passes over the source: its option may be skipped, and fills its entry to the end', () => {
  const [message] = encode(1, [translated], 1472)
  const entry = message.subarray(HEADER)
  assert.equal(entry.readUInt16BE(2), entry.length)
  assert.equal(entry[36] & 0x40, 0x40)
  assert.equal(36 + 2 + entry[37], entry.length)
})

test('messages keep to their length and to 255 entries; an entry that is longer goes alone', () => {
  const many = Array.from({ length: 600 }, (_, i) => udp('10.10.0.2', i, '172.16.0.13'))
  const small = encode(1, many, 1472)
  assert.ok(small.every(({ length }) => length <= 1472))
  assert.deepEqual(
    small.flatMap((message) => decode(message)!.entries),
    many,
  )
  assert.deepEqual(
    encode(1, many, 65507).map((message) => message[4]),
    [255, 255, 90],
  )
  assert.equal(encode(1, many.slice(0, 2), 20).length, 2)
})

/** The first entry of a kernel's message, changed. */
function changed(change: (message: Buffer) => void): Buffer {
  const message = Buffer.from(V1)
  change(message)
  return message
}

test('what is no message is none, whole', () => {
  const wrong: Record<string, Buffer> = {
    empty: Buffer.alloc(0),
    'cut off': V1.subarray(0, V1.length - 1),
    'longer than it says': Buffer.concat([V1, Buffer.alloc(4)]),
    'of another version': changed((m) => m.writeUInt8(2, 5)),
    'with a reserved word': changed((m) => m.writeUInt16BE(1, 6)),
    'with more entries than bytes': changed((m) => m.writeUInt8(3, 4)),
    'with an entry of another version': changed((m) => m.writeUInt16BE(0x1024, HEADER + 2)),
    'with an entry that is too short': changed((m) => m.writeUInt16BE(35, HEADER + 2)),
    'with an entry past its end': changed((m) => m.writeUInt16BE(100, HEADER + 2)),
    'with an option without length': changed((m) => m.writeUInt16BE(38, HEADER + 2)),
    'of version 0, cut off': changed((m) => m.writeUInt8(9, 0)),
  }
  for (const [what, message] of Object.entries(wrong)) assert.equal(decode(message), null, what)
})

/** A message of one entry with these options. */
function withOptions(hex: string): Buffer {
  const options = bytes(hex)
  const message = Buffer.concat([V1.subarray(0, HEADER + 36), options])
  message.writeUInt16BE(message.length, 2)
  message.writeUInt8(1, 4)
  message.writeUInt16BE(36 + options.length, HEADER + 2)
  return message
}

test('of options, what may be skipped is, what may not costs its entry alone', () => {
  const [first] = decode(V1)!.entries
  const taken = { syncId: 9, entries: [first], skipped: 0 }
  assert.deepEqual(decode(withOptions('7f 02 01 02')), taken, 'unknown, may be skipped')
  assert.deepEqual(decode(withOptions('60 03 01 02 03')), taken, 'a source of another length')
  assert.deepEqual(decode(withOptions(`01 18 ${'00'.repeat(24)}`)), taken, 'sequences that are not moved')
  const left = { syncId: 9, entries: [], skipped: 1 }
  assert.deepEqual(decode(withOptions('3f 02 01 02')), left, 'unknown')
  assert.deepEqual(decode(withOptions(`01 18 ${'00000001'.repeat(6)}`)), left, 'sequences that are moved')
  assert.equal(decode(withOptions('7f 09 01')), null, 'longer than its entry')
})

test('entries of a kind that is not here are left out', () => {
  for (const flags of [0x800, 4])
    assert.equal(decode(changed((m) => m.writeUInt32BE(flags, HEADER + 4)))?.skipped, 1, `${flags}`)
})
