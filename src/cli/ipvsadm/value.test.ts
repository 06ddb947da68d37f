import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PortNames } from '../name/port-names.js'
import { endpoint, type Lookup, mark, mask4, mask6, multicastGroup, number } from './value.js'

const lookup: Lookup = {
  ports: new PortNames('http 80/tcp www'),
  host: (name) => ({ 'www.example.com': '192.0.2.7', '1.pool.example': '192.0.2.8' })[name] ?? null,
}

const read = (text: string, protocol = 'tcp'): string => {
  const found = endpoint(text, protocol, lookup)
  return found ? `${found.family} ${found.address} ${found.port}` : 'none'
}

test('host[:port] of either family', () => {
  assert.equal(read('10.0.0.1:80'), '4 10.0.0.1 80')
  assert.equal(read('10.0.0.1'), '4 10.0.0.1 null')
  assert.equal(read('10.0.0.1:0'), '4 10.0.0.1 0')
  assert.equal(read('10.0.0.1:http'), '4 10.0.0.1 80')
  assert.equal(read('10.0.0.1:www'), '4 10.0.0.1 80')
  assert.equal(read('www.example.com:80'), '4 192.0.2.7 80')
  assert.equal(read('1.pool.example'), '4 192.0.2.8 null')
  assert.equal(read('2001:DB8::0:1'), '6 2001:db8::1 null')
  assert.equal(read('[2001:db8::1]:443'), '6 2001:db8::1 443')
})

test('what is no host[:port]', () => {
  const bad = ['', '80', ':80', '10.0.0.1:', '10.0.0.1:99999', '10.0.0.1:-1', '10.0.0.1:0x50', '10.0.0.256:80']
  const worse = ['[2001:db8::1]', '[2001:db8::1', '[10.0.0.1]:80', '[2001:db8::1%lo]:80', '[::ffff:10.0.0.1]:80']
  for (const text of [...bad, ...worse, '10.1', '010.0.0.1', '0x0a000001', 'nosuch:80', 'a b:80', '-x:80'])
    assert.equal(read(text), 'none', text)
  assert.equal(read('10.0.0.1:http', 'udp'), 'none')
})

test('numbers as strtol reads them', () => {
  assert.equal(number(' +80', 0, 99), 80)
  assert.equal(number('099', 0, 99), 99)
  for (const text of ['', ' ', '8 ', '8x', '0x8', '1e1', '100', '-1']) assert.equal(number(text, 0, 99), null, text)
  assert.equal(mark('4294967295'), 4294967295)
  assert.throws(() => mark('4294967296'), { message: "invalid fwmark value `4294967296' specified", status: 2 })
})

test('masks', () => {
  const lengths = { '255.255.255.255': 32, '255.255.255.254': 31, '255.0.0.0': 8, '128.0.0.0': 1, '0.0.0.0': 0 }
  for (const [text, length] of Object.entries(lengths)) assert.equal(mask4(text), length, text)
  for (const text of ['24', '255.0.255.0', '0.0.0.255', '::1', 'x', '']) assert.throws(() => mask4(text), text)
  assert.equal(mask6('64'), 64)
  for (const text of ['0', '129', '64x', 'ffff::']) assert.throws(() => mask6(text), text)
})

test('multicast groups', () => {
  assert.equal(multicastGroup('224.0.0.81'), '224.0.0.81')
  assert.equal(multicastGroup('ff02::81'), 'ff02::81')
  for (const text of ['10.0.0.1', '240.0.0.1', 'x']) assert.throws(() => multicastGroup(text), /invalid IPv4/)
  assert.throws(() => multicastGroup('::1'), /invalid IPv6/)
})
