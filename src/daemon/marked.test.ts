import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changed } from '../../test/packets/state.js'
import { format } from '../address/words.js'
import { compile } from '../compile/compile.js'
import type { Selector } from '../io/tun/spec.js'
import { emptyState } from '../model/state.js'
import { markWarnings } from './mark-warnings.js'
import { endpointOf, markedBy } from './marked.js'
import { specOf, steeredBy } from './steered.js'

const tableOf = (lines: readonly string[]) => compile(lines.reduce(changed, emptyState()), { to: () => null })

/** What these lines of iptables' mangle table make steered for the marks, in words like those of `ip rule`. */
function marked(lines: readonly string[], marks = [1]): string[] {
  const table = tableOf(lines.map((line) => `iptables -t mangle ${line}`))
  return markedBy(table.mangle.v4, 4, new Set(marks)).map(text).sort()
}

const PROTOCOLS: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

const text = ({ inInterface, protocol, from, to, sourcePorts, destinationPorts }: Selector): string =>
  [
    PROTOCOLS[protocol],
    from && `from ${format(from.address)}/${from.length}`,
    to && `to ${format(to.address)}/${to.length}`,
    sourcePorts && `sport ${sourcePorts.join('-')}`,
    destinationPorts && `dport ${destinationPorts.join('-')}`,
    inInterface && `iif ${inInterface}`,
  ]
    .filter((word) => word)
    .join(' ')

const MARK = '-j MARK --set-mark 1'

test('what a rule says, a routing rule says', () => {
  for (const [rule, expected] of [
    ['-d 10.0.0.1 -p tcp --dport 80', ['tcp to 10.0.0.1/32 dport 80-80']],
    [
      '-d 10.0.0.0/8 -s 10.9.0.0/16 -i eth0 -p udp --sport 53',
      ['udp from 10.9.0.0/16 to 10.0.0.0/8 sport 53-53 iif eth0'],
    ],
    ['-p tcp -m multiport --dports 80,443,8000:8100', ['tcp dport 443-443', 'tcp dport 80-80', 'tcp dport 8000-8100']],
    ['-p tcp -m multiport --ports 80', ['tcp dport 80-80', 'tcp sport 80-80']],
    ['-p tcp --sport 1: -m multiport --dports 80', ['tcp dport 80-80']],
    ['-d 10.0.0.1', ['sctp to 10.0.0.1/32', 'tcp to 10.0.0.1/32', 'udp to 10.0.0.1/32']],
    ['-p icmp', []],
    ['-p tcp -f', []],
  ] as const)
    assert.deepEqual(marked([`-A PREROUTING ${rule} ${MARK}`]), [...expected], rule)
})

test('what a routing rule cannot say is steered all the same', () => {
  for (const [rule, expected] of [
    ['! -d 10.0.0.1 -p tcp ! --dport 22', ['tcp']],
    ['-s 10.0.0.0/255.0.255.0 -p tcp --syn --dport 80', ['tcp dport 80-80']],
    ['-p tcp -m mark ! --mark 2 -m addrtype --dst-type LOCAL --dport 80', ['tcp dport 80-80']],
    ['-p tcp -m multiport ! --dports 22,80 -i eth+', ['tcp']],
    ['-p tcp --dport 60000:65535', ['tcp']],
    ['! -p udp', ['sctp', 'tcp']],
  ] as const)
    assert.deepEqual(marked([`-A PREROUTING ${rule} ${MARK}`]), [...expected], rule)
})

test('conditions on the way through chains come together; what contradicts itself is left out', () => {
  const chains = [
    ['-N web', '-A PREROUTING -d 10.0.0.0/24 -p tcp -j web', `-A web -d 10.0.0.1 --protocol tcp --dport 80 ${MARK}`],
    ['-N web', '-A PREROUTING -d 10.0.0.0/24 -p tcp -j web', `-A web -d 10.0.1.1 -p tcp --dport 80 ${MARK}`],
    ['-N web', '-A PREROUTING -i eth0 -p tcp -g web', `-A web -p tcp -i eth1 ${MARK}`],
    ['-N web', `-A web -p tcp --dport 80 ${MARK}`],
    ['-N a', '-N b', '-A PREROUTING -p tcp --dport 80:90 -j a', '-A a -p tcp --dport 85:99 -j b', `-A b ${MARK}`],
  ]
  assert.deepEqual(
    chains.map((rules) => marked(rules)),
    [['tcp to 10.0.0.1/32 dport 80-80'], [], [], [], ['tcp dport 85-90']],
  )
})

test('only rules that could leave the mark of a service count', () => {
  const rules = [
    '-A PREROUTING -p tcp --dport 1 -j MARK --set-mark 2',
    '-A PREROUTING -p tcp --dport 2 -j MARK --or-mark 0x11',
    '-A PREROUTING -p tcp --dport 3 -j MARK --or-mark 0x10',
    '-A PREROUTING -p tcp --dport 4 -j MARK --xor-mark 0x8',
    '-A PREROUTING -p tcp --dport 5 -j MARK --and-mark 0xff',
    '-A PREROUTING -p tcp --dport 6 -j MARK --set-mark 0x1/0xf',
    '-A PREROUTING -p tcp --dport 7 -j ACCEPT',
  ]
  const ports = (marks: number[]) => marked(rules, marks).map((line) => Number(line.replace(/.*-/, '')))
  assert.deepEqual(ports([1]), [4, 5, 6])
  assert.deepEqual(ports([0x11]), [2, 3, 4, 5, 6])
  assert.deepEqual(ports([2, 0xffffffff]), [1, 2, 3, 4, 5])
  assert.deepEqual(ports([]), [])
})

test('what another one covers needs no rule of its own', () => {
  const rules = [`-A PREROUTING -d 10.0.0.1 -p tcp --dport 80 ${MARK}`, `-A PREROUTING -d 10.0.0.0/8 -p tcp ${MARK}`]
  assert.deepEqual(marked(rules), ['tcp to 10.0.0.0/8'])
  assert.deepEqual(marked(rules.reverse()), ['tcp to 10.0.0.0/8'])
})

test('one address and port is an endpoint, anything else is not', () => {
  const one = (rule: string) => {
    const table = tableOf([`iptables -t mangle -A PREROUTING -p tcp ${rule} ${MARK}`])
    const [selector] = markedBy(table.mangle.v4, 4, new Set([1]))
    return endpointOf(selector)?.port ?? null
  }
  assert.equal(one('-d 10.0.0.1 --dport 80'), 80)
  for (const rule of ['-d 10.0.0.0/24 --dport 80', '-d 10.0.0.1', '-d 10.0.0.1 --dport 80:81'])
    assert.equal(one(rule), null, rule)
  for (const more of ['-i eth0', '-s 10.0.0.9', '--sport 9']) assert.equal(one(`-d 10.0.0.1 --dport 80 ${more}`), null)
})

const SERVICE = ['ipvsadm -A -f 1 -s rr', 'ipvsadm -a -f 1 -r 10.1.0.1:8080 -m']
const WEB = `iptables -t mangle -A PREROUTING -d 10.0.0.1 -p tcp -m multiport --dports 80,443 ${MARK}`

test('answers of the real servers are steered for the protocols that are marked', () => {
  const replies = (...lines: string[]) =>
    specOf(steeredBy(tableOf(lines), [])).replies.map(({ protocol, port }) => `${PROTOCOLS[protocol]} ${port}`)
  assert.deepEqual(replies(...SERVICE, WEB), ['tcp 8080'])
  assert.deepEqual(replies('ipvsadm -A -f 1 -p 60', SERVICE[1], WEB), ['tcp 0'], 'the port that the client used')
  assert.deepEqual(replies(...SERVICE), [], 'no rule makes the mark')
  const any = `iptables -t mangle -A PREROUTING -d 10.0.0.1 ${MARK}`
  assert.deepEqual(replies(...SERVICE, any), ['tcp 8080', 'udp 8080', 'sctp 8080'])
})

test('a removed real server and a removed service are remembered', () => {
  const real = { address: [0, 0, 0xffff, 0x0a010002] as const, port: 8080 }
  const virtual = { address: [0, 0, 0, 0] as const, port: 0 }
  const spec = specOf(steeredBy(tableOf([WEB]), [{ family: 4, fwmark: 1, protocol: 6, virtual, real }]))
  assert.deepEqual(
    spec.requests.map(({ port }) => port),
    [80, 443],
  )
  assert.equal(spec.replies.length, 3)
})

test('what was marked is kept while it has connections, and not beside what covers it', () => {
  const [old] = markedBy(tableOf([WEB]).mangle.v4, 4, new Set([1]))
  const spec = specOf(steeredBy(tableOf(SERVICE), [], [old]))
  assert.deepEqual(
    [spec.requests, spec.replies].map((list) => list.map(({ port }) => port)),
    [[80], [8080]],
  )
  const wide = `iptables -t mangle -A PREROUTING -d 10.0.0.1 -p tcp ${MARK}`
  const { requests, marked } = specOf(steeredBy(tableOf([...SERVICE, wide]), [], [old]))
  assert.deepEqual([requests, marked.map(text)], [[], ['tcp to 10.0.0.1/32']])
})

test('a mark that nobody makes, and interfaces that cannot be told apart, are said', () => {
  const warnings = (...lines: string[]) => markWarnings(tableOf(lines))
  assert.deepEqual(warnings(...SERVICE, WEB), [])
  assert.match(warnings(...SERVICE)[0], /^firewall mark 1 \(IPv4\): no rule .* --set-mark 1` makes it$/)
  assert.match(warnings('ipvsadm -A -f 1 -6', WEB)[0], /^firewall mark 1 \(IPv6\): .*`ip6tables -t mangle/)
  const by = (name: string) => `iptables -t mangle -A PREROUTING -i ${name} ${MARK}`
  assert.deepEqual(warnings(by('eth0'), by('eth0')), [])
  assert.match(warnings(by('eth0'), by('ppp+'))[0], /several input interfaces \(eth0, ppp\+\)/)
})
