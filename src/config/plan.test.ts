import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRuleLine, writeRuleLine } from '../cli/iptables/config-line.js'
import type { Desired } from '../model/desired.js'
import { type Live, liveKey, planOf, planText } from './plan.js'
import { readConfig } from './read.js'

const read = (text: string): Desired => {
  const { desired, problems } = readConfig(text, readRuleLine)
  assert.deepEqual(problems, [])
  return desired!
}
const file = (servers: string, more = '') =>
  `services:
  - service: tcp:192.0.2.45:80
    scheduler: wrr
    source: {SOURCE}
    servers: [${servers}]
${more}`.replace('{SOURCE}', '192.0.2.10')
const plan = (before: string, after: string, live: Live = new Map()) =>
  planText(planOf(read(before), read(after), live, writeRuleLine))
const ONE = '{server: 192.0.2.21:80, weight: 2}'
const TWO = '{server: 192.0.2.22:80}'

test('nothing', () => {
  assert.equal(plan(file(ONE), file(ONE)), '')
})

test('servers that come, go and are others; connections that end', () => {
  const live = new Map([[liveKey('tcp:192.0.2.45:80', '192.0.2.22:80'), 7]])
  const after = file(`${ONE.replace('weight: 2', 'weight: 5')}, {server: 192.0.2.23:80}`)
  assert.equal(
    plan(file(`${ONE}, ${TWO}`), after, live),
    `~ service tcp:192.0.2.45:80
-   server 192.0.2.22:80
~   server 192.0.2.21:80: weight 2 -> 5
+   server 192.0.2.23:80 masq weight 1
7 connections of servers that go will end
`,
  )
})

test('a service that goes, one that comes, rules, settings, timeouts', () => {
  const before = file(ONE, "rules: {nat: ['-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE', '-N web']}\n")
  const after = `services: [{service: "udp:192.0.2.45:53", servers: [{server: "192.0.2.21:53"}]}]
timeouts: {udp: 30}
settings: {drop_entry: 1}
`
  assert.equal(
    plan(before, after),
    `- service tcp:192.0.2.45:80 with 1 server
+ service udp:192.0.2.45:53 wlc
+   server 192.0.2.21:53 masq weight 1
- iptables -t nat -A POSTROUTING -p tcp -m ipvs --vproto 6 --vaddr 192.0.2.45 --vport 80 -j SNAT --to-source 192.0.2.10
- iptables -t nat -A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE
- iptables -t nat -N web
~ timeout udp 300 -> 30
~ drop_entry 0 -> 1
`,
  )
})

test('rules in another order', () => {
  const lines = ["'-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE'", "'-A POSTROUTING -s 10.1.0.0/16 -j ACCEPT'"]
  const rules = (list: string[]) => `rules: {nat: [${list.join(', ')}]}\n`
  assert.equal(plan(rules(lines), rules([...lines].reverse())), '~ iptables -t nat: the same rules in another order\n')
})

test('who cannot be reached, and pools that do not suffice', () => {
  assert.match(plan(file(ONE), file('')), /warning: tcp:192\.0\.2\.45:80 has no server: clients are refused/)
  assert.match(plan(file(ONE), file('{server: 192.0.2.21:80, weight: 0}')), /no server that takes connections/)
  assert.doesNotMatch(
    plan(
      file(ONE),
      file('{server: 192.0.2.21:80, weight: 0}').replace('    servers', '    fallback: 192.0.2.99:80\n    servers'),
    ),
    /refused/,
  )
  const many = new Map([[liveKey('tcp:192.0.2.45:80', '192.0.2.21:80'), 60_000]])
  assert.match(plan(file(ONE), file(ONE), many), /192\.0\.2\.21:80 has 60000 connections, its source pool 64512 ports/)
})

test('no secret is shown', () => {
  const checks = (password: string) =>
    file(ONE).replace('    servers', `    checks: [{kind: redis, password: ${password}}]\n    servers`)
  const text = plan(checks('hush1'), checks('hush2'))
  assert.match(text, /health/)
  assert.doesNotMatch(text, /hush/)
})
