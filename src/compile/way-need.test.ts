import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed } from '../../test/packets/state.js'
import { emptyState } from '../model/state.js'
import { addressesWithWay } from './way-need.js'

const SERVICES = [
  'ipvsadm -A -t 198.51.100.1:80 -s rr',
  'ipvsadm -a -t 198.51.100.1:80 -r 192.0.2.21 -m',
  'ipvsadm -a -t 198.51.100.1:80 -r 192.0.2.22 -g',
  'ipvsadm -A -t [2001:db8::1]:80 -s rr',
  'ipvsadm -a -t [2001:db8::1]:80 -r [2001:db8::21]:80 -m',
]
const asked = (...rules: string[]) => addressesWithWay([...SERVICES, ...rules].reduce(changed, emptyState()))

test('the way to a masq server is asked for only where a rule of its family looks at it', () => {
  const snat = 'iptables -t nat -A POSTROUTING -j SNAT --to-source 192.0.2.10'
  assert.deepEqual(asked(snat), ['192.0.2.22'])
  assert.deepEqual(asked('iptables -t nat -A POSTROUTING -j MASQUERADE'), ['192.0.2.21', '192.0.2.22'])
  assert.deepEqual(asked(snat.replace('-j', '-o eth0 -j')), ['192.0.2.21', '192.0.2.22'])
  assert.deepEqual(asked('ip6tables -t nat -A POSTROUTING -j MASQUERADE'), ['192.0.2.22', '2001:db8::21'])
})
