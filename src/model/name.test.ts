import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointName, parseEndpoint, parseService, serviceName } from './name.js'

for (const name of ['tcp:192.0.2.45:80', 'udp:[2001:db8::1]:53', 'sctp:192.0.2.1:0', 'fwm:7', 'fwm6:4294967295']) {
  test(`${name} is its own name`, () => assert.equal(serviceName(parseService(name)!), name))
}
for (const name of ['192.0.2.21:80', '[2001:db8::21]:65535']) {
  test(`${name} is its own name`, () => assert.equal(endpointName(parseEndpoint(name)!), name))
}
test('another spelling is the same name', () => {
  assert.equal(endpointName(parseEndpoint('[2001:DB8:0::21]:080')!), '[2001:db8::21]:80')
})
for (const text of [
  ...['', 'tcp', 'tcp:', 'icmp:192.0.2.1:80', 'tcp:192.0.2.1', 'tcp:192.0.2.256:80', 'tcp:192.0.2.1:65536'],
  ...['tcp:2001:db8::1:80', 'tcp:[192.0.2.1]:80', 'fwm:0', 'fwm:4294967296', 'fwm7:1', 'tcp:www:80'],
]) {
  test(`'${text}' is no service`, () => assert.equal(parseService(text), null))
}
