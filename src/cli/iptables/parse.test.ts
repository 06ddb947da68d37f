import assert from 'node:assert/strict'
import { test } from 'node:test'
import { refusal, request, ruleOf, rulesOf, saved } from '../../../test/compat/iptables-rule.js'

test('commands become changes', () => {
  const [table, family] = ['nat', 4] as const
  const rule = ruleOf('-j RETURN')
  const counters = { packets: 0, bytes: 0 }
  for (const [line, change] of [
    ['-A POSTROUTING -j RETURN', { kind: 'rule.append', table, family, chain: 'POSTROUTING', rule, ...counters }],
    [
      '-I POSTROUTING -j RETURN',
      { kind: 'rule.insert', table, family, chain: 'POSTROUTING', at: 1, rule, ...counters },
    ],
    [
      '-c 1 2 -R web 3 -j RETURN',
      { kind: 'rule.replace', table, family, chain: 'web', at: 3, rule, packets: 1, bytes: 2 },
    ],
    ['-D web -j RETURN', { kind: 'rule.delete', table, family, chain: 'web', rule }],
    ['-D web 2', { kind: 'rule.deleteAt', table, family, chain: 'web', at: 2 }],
    ['-C web -j RETURN', { kind: 'rule.check', table, family, chain: 'web', rule }],
    ['-N web', { kind: 'chain.new', table, family, chain: 'web' }],
    ['-X', { kind: 'chain.delete', table, family, chain: null }],
    ['-E web site', { kind: 'chain.rename', table, family, chain: 'web', to: 'site' }],
    ['-F web', { kind: 'chain.flush', table, family, chain: 'web' }],
    ['-P INPUT ACCEPT', { kind: 'chain.policy', table, family, chain: 'INPUT', policy: 'ACCEPT', counters: null }],
    ['-Z web 2', { kind: 'chain.zero', table, family, chain: 'web', at: 2 }],
    ['-Z', { kind: 'chain.zero', table, family, chain: null, at: null }],
  ] as const)
    assert.deepEqual(request(line), { kind: 'change', table, changes: [change], verbose: false }, line)
})

test('a listing may be followed by zeroing', () => {
  const asked = request('-nvL web 2 -Z')
  assert.equal(asked.kind, 'list')
  const { chain, at, numeric, verbose, exact } = asked.options
  assert.deepEqual([asked.form, chain, at, numeric, verbose, exact], ['table', 'web', 2, true, true, false])
  assert.deepEqual(asked.zero, { kind: 'chain.zero', table: 'nat', family: 4, chain: 'web', at: null })
})

test('each source goes with each destination', () => {
  const pairs = rulesOf('-s 10.0.0.1,10.0.1.7/24 -d two').map(({ source, destination }) =>
    [source, destination].map((prefix) => `${prefix?.value.address}/${prefix?.value.length}`),
  )
  assert.deepEqual(pairs, [
    ['10.0.0.1/32', '10.0.0.1/32'],
    ['10.0.0.1/32', '10.0.0.2/32'],
    ['10.0.1.0/24', '10.0.0.1/32'],
    ['10.0.1.0/24', '10.0.0.2/32'],
  ])
})

test('masks, short networks and negations', () => {
  for (const [typed, kept] of [
    ['-s 10.1.2.3/255.0.255.0', '-s 10.0.2.0/255.0.255.0'],
    ['-s 10.1.2.3/255.255.0.0', '-s 10.1.0.0/16'],
    ['-s 10.1/16', '-s 10.1.0.0/16'],
    ['-s any/0 -d 0/0', ''],
    ['! -s 10.0.0.0/8 ! -o eth+ ! -p udp ! -f', '! -s 10.0.0.0/8 ! -o eth+ ! -p udp ! -f'],
    ['-o +', ''],
  ])
    assert.equal(saved(typed), kept)
  assert.equal(saved('-s 2001:db8::1/ffff::ffff -p icmpv6', 6), '-s 2001::1/ffff::ffff -p ipv6-icmp')
  for (const typed of ['10.1/24', '10', '010.1.2.3', '0x0a.1.2.3']) assert.match(refusal(`-s ${typed}`), /not found: /)
})

test('what the real tool has and fullnat has not is named', () => {
  for (const [line, what] of [
    ['-m limit --limit 5/s', 'match limit'],
    ['-j DNAT --to 10.0.0.1', 'target DNAT'],
    ['-p ah --ahspi 8', 'match ah'],
    ['-j QUEUE', 'target QUEUE'],
  ])
    assert.equal(refusal(line), `${what} is not supported by fullnat yet`)
  assert.match(refusal('-t filter -L'.replace('-t filter -L', '-L -t filter')), /it has the tables nat and mangle/)
  assert.equal(refusal('-m nosuch'), "Couldn't load match `nosuch':No such file or directory\n")
  assert.equal(refusal('-L -t nosuch'), "table 'nosuch' does not exist")
})

test('warnings are for standard error, the line goes on', () => {
  const warnings: string[] = []
  assert.equal(request('-A POSTROUTING -p ah', 6, warnings).kind, 'change')
  assert.equal(request('-S -W 5 -w', 4, warnings).kind, 'list')
  assert.deepEqual(warnings, [
    'Warning: never matched protocol: ah. use extension match instead.\n',
    'Ignoring deprecated --wait-interval option.\n',
  ])
})

test('counters are numbers that are exact', () => {
  assert.equal(refusal('-c 5x 6'), '-c packet counter not numeric')
  assert.equal(refusal('-c 5 18446744073709551615'), '-c byte counter too large')
})
