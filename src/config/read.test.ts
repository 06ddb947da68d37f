import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRuleLine, writeRuleLine } from '../cli/iptables/config-line.js'
import { kinds } from './format/check.js'
import { type Problem, problemText } from './problem.js'
import { readConfig } from './read.js'
import { configText } from './write.js'

const GOOD = `version: 1
sources:
  farm: {addresses: 192.0.2.10-192.0.2.13, ports: 20000-60000}
services:
  - service: tcp:192.0.2.45:80
    scheduler: wrr
    source: farm
    persistence: 5m
    persistenceMask: 24
    method: masq
    onFailure: remove
    slowStart: 30s
    alerts: false
    fallback: 192.0.2.99:80
    checks:
      - {kind: http, path: /up, interval: 1s, timeout: 500ms, rise: 1, fall: 2, jitter: 5, port: 8080, statuses: [200-299, 304]}
      - tcp
    servers:
      - {server: 192.0.2.21:80, weight: 2, upperThreshold: 100, lowerThreshold: 50, admin: drain, honourPersistence: false}
      - {server: 192.0.2.22:80, method: tunnel, tunnel: {type: gue, port: 6080, checksum: csum}, checks: []}
  - service: udp:[2001:db8::45]:53
    onePacket: true
    source: 2001:db8::10
    servers: [{server: "[2001:db8::21]:53"}]
rules:
  nat: ['-N web', '-A POSTROUTING -s 10.0.0.0/8 -j web', '-A web -j MASQUERADE', '-P OUTPUT ACCEPT']
  mangle: ['-A PREROUTING -d 192.0.2.46/32 -p tcp -m tcp --dport 80 -j MARK --set-mark 7']
timeouts: {tcp: 15m, tcpFin: 2m, udp: 30}
settings: {expire_nodest_conn: 1, sync_threshold: 3 50}
`
const read = (text: string) => readConfig(text, readRuleLine)

test('a good file is read, and read again from what is written of it', () => {
  const { desired, problems } = read(GOOD)
  assert.deepEqual(problems, [])
  const [web, dns] = desired!.services
  assert.deepEqual([web.persistence, web.persistenceMask, web.destinations.length], [300, 24, 2])
  assert.deepEqual(
    web.health!.checks.map(({ kind, intervalMs }) => [kind, intervalMs]),
    [
      ['http', 1000],
      ['tcp', 5000],
    ],
  )
  assert.deepEqual([dns.family, dns.onePacket, dns.persistenceMask], [6, true, 128])
  const nat = desired!.tables[0].chains.find(({ name }) => name === 'POSTROUTING')!
  assert.equal(nat.rules.length, 2, 'the source of the service, then the line')
  const written = configText(desired!, writeRuleLine)
  const again = read(written)
  assert.deepEqual(again.problems, [])
  // What was said of maintenance is said again; where nothing was, it is not.
  assert.deepEqual(again.desired, desired)
})

/** The file with line `n` in another form. */
function changed(n: number, from: string | RegExp, to: string): string {
  const lines = GOOD.split('\n')
  const before = lines[n - 1]
  lines[n - 1] = before.replace(from, to)
  assert.notEqual(lines[n - 1], before, `line ${n} has ${from}`)
  return lines.join('\n')
}

let tried = 0

function refused(text: string, line: number, reason: RegExp): Problem[] {
  tried++
  const { desired, problems } = read(text)
  assert.equal(desired, null, text)
  const texts = problems.map((problem) => problemText('f.yaml', problem))
  assert.ok(
    texts.some((one) => one.startsWith(`f.yaml:${line}:`) && reason.test(one)),
    `line ${line}, ${reason}; it said:\n${texts.join('\n')}`,
  )
  for (const { column, message } of problems) assert.ok(column > 0 && message !== '')
  return problems
}

/** Line, what stands there, path. */
const NUMBERS: [number, string, string][] = [
  [9, 'persistenceMask: 24', 'persistenceMask'],
  [16, 'rise: 1', 'rise'],
  [16, 'fall: 2', 'fall'],
  [16, 'jitter: 5', 'jitter'],
  [16, 'port: 8080', 'port'],
  [19, 'weight: 2', 'weight'],
  [19, 'upperThreshold: 100', 'upperThreshold'],
  [19, 'lowerThreshold: 50', 'lowerThreshold'],
  [20, 'port: 6080', 'port'],
]

test('numbers: a word, a fraction, a negative one, a list, a map, nothing, a truth', () => {
  for (const [line, text, name] of NUMBERS)
    for (const value of ['ten', '1.5', '-1', '[1]', '{a: 1}', '', 'true', '99999999999'])
      refused(changed(line, text, `${name}: ${value}`), line, new RegExp(`\\.${name}: .*it takes a whole number from`))
})

const DURATIONS: [number, string, string][] = [
  [8, 'persistence: 5m', 'persistence'],
  [12, 'slowStart: 30s', 'slowStart'],
  [16, 'interval: 1s', 'interval'],
  [16, 'timeout: 500ms', 'timeout'],
  [28, 'tcp: 15m', 'tcp'],
  [28, 'tcpFin: 2m', 'tcpFin'],
  [28, 'udp: 30', 'udp'],
]

test('durations: words, unknown units, negative ones, too long ones', () => {
  for (const [line, text, name] of DURATIONS)
    for (const value of ['soon', '5 weeks', '-5s', '[5s]', '9999999999999d', 'true'])
      refused(changed(line, text, `${name}: ${value}`), line, new RegExp(`${name}: .*(seconds|duration)`))
})

/** Line, what stands there, path, a word that is nearly right and what was meant. */
const WORDS: [number, string, string, string, string][] = [
  [6, 'scheduler: wrr', 'scheduler', 'wrrr', 'wrr'],
  [10, 'method: masq', 'method', 'maqs', 'masq'],
  [11, 'onFailure: remove', 'onFailure', 'removed', 'remove'],
  [16, 'kind: http', 'kind', 'htpp', 'http'],
  [19, 'admin: drain', 'admin', 'drian', 'drain'],
  [20, 'type: gue', 'type', 'gu', 'gue'],
  [20, 'checksum: csum', 'checksum', 'csun', 'csum'],
  [20, 'method: tunnel', 'method', 'tunel', 'tunnel'],
]

test('words: what was meant, and what there is', () => {
  for (const [line, text, name, word, meant] of WORDS) {
    refused(
      changed(line, text, `${name}: ${word}`),
      line,
      new RegExp(`${name}: '${word}' is no .*did you mean ${meant}\\?`),
    )
    for (const value of ['zzzzzz', '7', '[a]', ''])
      refused(changed(line, text, `${name}: ${value}`), line, new RegExp(`${name}: .* is no .*one of `))
  }
})

const TRUTHS: [number, string, string][] = [
  [13, 'alerts: false', 'alerts'],
  [19, 'honourPersistence: false', 'honourPersistence'],
  [22, 'onePacket: true', 'onePacket'],
]

test('truths', () => {
  for (const [line, text, name] of TRUTHS)
    for (const value of ['yes', '1', 'nope', '[]'])
      refused(changed(line, text, `${name}: ${value}`), line, /it takes true or false/)
})

test('names of services and servers', () => {
  for (const value of [
    '192.0.2.45:80',
    'tcp:192.0.2.45',
    'tcp:192.0.2.256:80',
    'tcp:192.0.2.45:99999',
    'icmp:192.0.2.45:80',
    'fwm:0',
    'fwm:x',
    'tcp:www.example:80',
    '7',
    '[]',
  ])
    refused(changed(5, 'tcp:192.0.2.45:80', value), 5, /service: .*it takes a service such as tcp:192\.0\.2\.45:80/)
  for (const value of [
    '192.0.2.21',
    'www.example:80',
    '192.0.2.21:http',
    '192.0.2.21:70000',
    '192.0.2.300:80',
    '80',
    '[]',
  ])
    refused(changed(19, '192.0.2.21:80', value), 19, /server: .*it takes ADDRESS:PORT/)
  for (const value of ['fallback: 192.0.2.99', 'fallback: {server: x}', 'fallback: {method: masq}', 'fallback: []'])
    refused(changed(14, 'fallback: 192.0.2.99:80', value), 14, /fallback/)
})

test('what stands twice, is unknown or is lacking', () => {
  for (const [line, from, to, reason] of [
    [21, 'udp:[2001:db8::45]:53', 'tcp:192.0.2.45:80', /stands twice: once: it stands at line 5/],
    [20, '192.0.2.22:80', '192.0.2.21:80', /stands twice: once: it stands at line 19/],
    [8, 'persistence: 5m', 'scheduler: rr', /scheduler stands twice: once: it stands at line 6/],
    [6, 'scheduler', 'schedular', /a service has no 'schedular': did you mean scheduler\?/],
    [19, 'weight', 'wieght', /a server has no 'wieght': did you mean weight\?/],
    [16, 'path', 'pth', /a check of kind http has no 'pth': did you mean path\?/],
    [16, 'path: /up', 'send: x', /a check of kind http has no 'send'/],
    [16, 'kind: http, ', '', /a check lacks 'kind'/],
    [19, 'server: 192.0.2.21:80, ', '', /a server lacks 'server'/],
    [5, 'service: tcp:192.0.2.45:80', 'onePacket: false', /a service lacks 'service'/],
    [3, 'addresses: 192.0.2.10-192.0.2.13, ', '', /a source pool lacks 'addresses'/],
    [20, 'type: gue, ', '', /a tunnel lacks 'type'/],
    [4, 'services', 'servises', /a configuration has no 'servises': did you mean services\?/],
    [1, 'version: 1', 'version: 2', /version: '2' is wrong: it takes a whole number from 1 to 1/],
    [1, 'version: 1', 'verzion: 1', /did you mean version\?/],
  ] as [number, string, string, RegExp][])
    refused(changed(line, from, to), line, reason)
})

test('sources', () => {
  for (const value of [
    '192.0.2.300',
    '192.0.2.13-192.0.2.10',
    '192.0.2.10-2001:db8::1',
    'x',
    '[]',
    '192.0.2.1-192.0.2.2-192.0.2.3',
  ])
    refused(changed(3, '192.0.2.10-192.0.2.13', value), 3, /addresses: .*it takes an address such as/)
  for (const value of ['0-10', '70000', '5-4', 'x', '1-2-3'])
    refused(changed(3, '20000-60000', value), 3, /ports: .*it takes a port from 1 to 65535/)
  refused(changed(7, 'farm', 'frm'), 7, /'frm' is no source: did you mean farm\?/)
  refused(changed(7, 'farm', 'masquerde'), 7, /did you mean masquerade\?/)
  refused(changed(7, 'farm', '2001:db8::10'), 7, /of IPv6, the service of IPv4/)
  refused(changed(23, '2001:db8::10', '192.0.2.10'), 23, /of IPv4, the service of IPv6/)
  refused(changed(5, 'tcp:192.0.2.45:80', 'fwm:7'), 7, /ports are of one/)
  refused(
    `services:\n  - {service: "tcp:192.0.2.45:80", method: gate, source: masquerade, servers: [{server: "192.0.2.21:80"}]}\n`,
    2,
    /no server by masq/,
  )
})

test('services that make no sense', () => {
  refused(changed(9, '24', '33'), 9, /an IPv4 address has no 33 bits/)
  refused(changed(6, 'scheduler: wrr', 'onePacket: true'), 6, /one-packet scheduling is for UDP, not tcp/)
  refused(changed(5, '192.0.2.45', '224.0.0.1'), 5, /not a unicast address/)
  refused(changed(19, '192.0.2.21', '255.255.255.255'), 19, /not a unicast address/)
  refused(changed(19, '192.0.2.21:80', '"[2001:db8::21]:80"'), 19, /only a tunnel leads to another address family/)
  refused(changed(19, 'lowerThreshold: 50', 'lowerThreshold: 500'), 19, /above the upper one/)
  refused(changed(20, 'port: 6080', 'port: 0'), 20, /a GUE tunnel needs a port/)
  refused('services: [{service: "tcp:192.0.2.45:0"}]\n', 1, /must be persistent/)
  refused(changed(14, '192.0.2.99:80', '"[2001:db8::99]:80"'), 14, /only a tunnel leads to the fallback/)
})

test('checks of every kind: nothing that its kind has not', () => {
  for (const kind of kinds)
    refused(
      changed(17, '- tcp', `- {kind: ${kind}, nonsense: 1}`),
      17,
      new RegExp(`a check of kind ${kind} has no 'nonsense'`),
    )
  for (const [given, reason] of [
    ['{kind: tcp, expect: "["}', /expect: .*a regular expression/],
    ['{kind: http, path: up}', /path: 'up' is wrong: it takes a path such as/],
    ['{kind: http, statuses: 99}', /statuses: .*a status from 100 to 699/],
    ['{kind: http, statuses: []}', /statuses: a list is wrong/],
    ['{kind: http, body: "("}', /body: .*a regular expression/],
    ['{kind: dns, type: AAA}', /type: 'AAA' is no type: did you mean AAAA\?/],
    ['{kind: dns, transport: tls}', /transport: 'tls' is no transport/],
    ['{kind: external, command: check}', /command: .*the path of a program from the root/],
    ['{kind: redis, role: slave}', /role: 'slave' is no role/],
    ['{kind: passive}', /not made yet/],
    ['7', /'7' is no kind of check/],
    ['[tcp]', /a list is no check/],
  ] as [string, RegExp][]) {
    const line = given === '{kind: passive}' ? 15 : 17
    refused(changed(17, '- tcp', `- ${given}`), given === '{kind: passive}' ? 16 : line, reason)
  }
})

test('lines of iptables', () => {
  for (const [line, reason] of [
    ['-A POSTROUTIN -j MASQUERADE', /there is no chain POSTROUTIN: did you mean POSTROUTING\?/],
    ['-A POSTROUTING -j SNAT', /option "--to-source" must be specified/],
    ['-A POSTROUTING -j NOWHERE', /NOWHERE/],
    ['-A POSTROUTING -m ipvs --vport x -j MASQUERADE', /does not resolve/],
    ['-D POSTROUTING 1', /-A, -N and -P are what a file states/],
    ['-F', /-A, -N and -P are what a file states/],
    ['-N web', /chain web is there already/],
    ['-P web ACCEPT', /web is a chain of your own and has no policy/],
    ['-t nat -A POSTROUTING -j MASQUERADE', /The -t option cannot be used/],
    ['-A POSTROUTING -s www.example -j MASQUERADE', /www\.example is a name: write its address/],
    ['hello', /iptables does not take this line/],
    ['-A POSTROUTING -j DNAT --to-destination 192.0.2.1', /iptables does not take this line/],
    ['-A POSTROUTING -p tcp --dport 99999 -j MASQUERADE', /99999/],
  ] as [string, RegExp][])
    refused(changed(26, "'-N web'", `'-N web', '${line}'`), 26, reason)
  refused(changed(26, 'nat:', 'nut:'), 26, /rules has no 'nut': did you mean nat\?/)
  refused(changed(27, 'mangle', 'filter'), 27, /rules has no 'filter'/)
})

test('settings and timeouts', () => {
  refused(
    changed(29, 'expire_nodest_conn', 'expire_nodest_con'),
    29,
    /there is no setting expire_nodest_con: did you mean expire_nodest_conn\?/,
  )
  refused(changed(29, 'expire_nodest_conn: 1', 'drop_entry: 9'), 29, /drop_entry takes a whole number from 0 to 3/)
  refused(changed(29, 'expire_nodest_conn: 1', 'drop_entry: on'), 29, /drop_entry/)
  refused(changed(29, 'expire_nodest_conn: 1', 'cache_bypass: 1'), 29, /cache_bypass/)
  refused(changed(29, '3 50', '50'), 29, /sync_threshold/)
  refused(changed(28, 'udp', 'upd'), 28, /timeouts has no 'upd': did you mean udp\?/)
  refused(changed(28, 'udp: 30', 'udp: 0'), 28, /udp/)
})

test('no YAML, and not this YAML', () => {
  for (const [text, line, reason] of [
    ['', 1, /the file is empty/],
    ['# nothing\n', 1, /the file is empty/],
    ['services: [', 1, /this is no YAML/],
    ['services:\n  - a: 1\n b: 2\n', 3, /this is no YAML/],
    ['a: &x [*x]\n', 1, /alias/],
    ['- 1\n', 1, /a list is wrong: it takes a configuration/],
    ['hello\n', 1, /'hello' is wrong: it takes a configuration/],
    ['services: 7\n', 1, /services: '7' is wrong: it takes a list of services/],
    ['services: {a: 1}\n', 1, /services: a map is wrong/],
    ['services: [7]\n', 1, /services\[0\]: '7' is wrong: it takes a service/],
    ['services: [{service: "tcp:192.0.2.45:80", servers: [{server: [2001:db8::1]:80}]}]\n', 1, /no YAML|wrong/],
    ['rules: {nat: {a: 1}}\n', 1, /rules\.nat: a map is wrong/],
    ['settings: [1]\n', 1, /settings: a list is wrong/],
    ['sources: 1\n', 1, /sources: '1' is wrong/],
    ['"a": 1\n"a": 2\n', 1, /no 'a'/],
    ['? [1]\n: 2\n', 1, /a key is a list or a map/],
    ['---\na: 1\n---\nb: 2\n', 3, /no YAML/],
    ['<<: 7\n', 1, /takes a map/],
  ] as [string, number, RegExp][])
    refused(text, line, reason)
})

test('all that is wrong is said at once, in the order of the file', () => {
  const text = GOOD.replace('wrr', 'wr')
    .replace('farm\n', 'frm\n')
    .replace('weight: 2', 'weight: two')
    .replace("'-N web', ", "'-N a b', ")
    .replace('drain', 'drian')
  const problems = refused(text, 6, /scheduler/)
  assert.deepEqual(
    problems.map(({ line }) => line),
    [...problems.map(({ line }) => line)].sort((a, b) => a - b),
  )
  assert.ok(new Set(problems.map(({ line }) => line)).size >= 4)
})

test('more than two hundred bad files were tried', () => {
  assert.ok(tried >= 250, `${tried}`)
})
