import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesOf, systemHostNames } from './host-names.js'
import { PortNames, systemPortNames } from './port-names.js'
import { ProtocolNames } from './protocol-names.js'

test('/etc/services: the first entry holds, aliases count, protocols are apart', () => {
  const ports = new PortNames(
    [
      '# services',
      'http\t80/tcp\twww # WorldWideWeb',
      'late 80/tcp',
      'http 8080/tcp',
      'domain 53/udp',
      'broken',
      'x y',
    ].join('\n'),
  )
  assert.equal(ports.port('http', 'tcp'), 80)
  assert.equal(ports.port('www', 'tcp'), 80)
  assert.equal(ports.port('late', 'tcp'), 80)
  assert.equal(ports.port('http', 'udp'), null)
  assert.equal(ports.port('WorldWideWeb', 'tcp'), null)
  assert.equal(ports.name(80, 'tcp'), 'http')
  assert.equal(ports.name(53, 'udp'), 'domain')
  assert.equal(ports.name(53, 'tcp'), null)
})

test('/etc/protocols', () => {
  const protocols = new ProtocolNames('ip\t0\tIP\t# internet protocol\ntcp 6 TCP\nlate 6\nbroken\n')
  assert.equal(protocols.number('tcp'), 6)
  assert.equal(protocols.number('TCP'), 6)
  assert.equal(protocols.number('IP'), 0)
  assert.equal(protocols.number('broken'), null)
  assert.equal(protocols.name(6), 'tcp')
  assert.equal(protocols.name(7), null)
})

test('a missing file has no names', () => {
  assert.equal(systemPortNames('/nonexistent/services').port('http', 'tcp'), null)
})

test('localhost, both ways; what has no name keeps its address', async () => {
  assert.deepEqual(await systemHostNames.addresses('localhost', 4), ['127.0.0.1'])
  assert.deepEqual(await systemHostNames.addresses('-', 4), [])
  const names = await namesOf(['127.0.0.1', '127.0.0.1', '192.0.2.1'], {
    ...systemHostNames,
    name: async (address) => (address === '127.0.0.1' ? systemHostNames.name(address) : null),
  })
  assert.deepEqual(
    [...names],
    [
      ['127.0.0.1', 'localhost'],
      ['192.0.2.1', '192.0.2.1'],
    ],
  )
})
