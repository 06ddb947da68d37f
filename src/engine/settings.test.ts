import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, icmp, icmpError, sctp, tcp, udp } from '../../test/packets/build.js'
import { Rig, server, sourcePort } from '../../test/packets/rig.js'

const VIP = '198.51.100.45'
const SNAT = '192.0.2.10'
const web = (host: number) => `203.0.113.${host}:80`
const RULE = `iptables -t nat -A POSTROUTING -m ipvs --vaddr ${VIP} --vport 80 -j SNAT --to-source ${SNAT}`
const set = (...settings: string[]) => `fullnat set ${settings.join(' ')}`

const client = (flags: string, port = 5000): Built => tcp({ from: `192.0.2.100:${port}`, to: `${VIP}:80`, flags })
const answer = (host: number, flags: string, port: number): Built =>
  tcp({ from: web(host), to: `${SNAT}:${port}`, flags })

function balanced(options: string, ...lines: string[]): Rig {
  const rig = new Rig()
  rig.run(
    `ipvsadm -A -t ${VIP}:80 -s rr${options}`,
    `ipvsadm -a -t ${VIP}:80 -r ${web(1)} -m`,
    `ipvsadm -a -t ${VIP}:80 -r ${web(2)} -m`,
    RULE,
    ...lines,
  )
  return rig
}

/** An established connection: its real server and source port. */
function open(rig: Rig, port = 5000): [number, number] {
  const out = rig.send(client('S', port))!
  const [host, source] = [server(out), sourcePort(out)]
  rig.send(answer(host, 'SA', source))
  rig.send(client('A', port))
  return [host, source]
}

const isReset = (out: Uint8Array | null): boolean => out !== null && (out[33] & 4) !== 0
const states = (rig: Rig) => rig.list().map(({ state }) => state)

test('expire_nodest_conn: a removed real server takes its connections along', () => {
  const rig = balanced('', set('expire_nodest_conn=1'))
  const [host] = open(rig)
  open(rig, 5001)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(host)}`)
  rig.wait(1000)
  assert.equal(rig.list().length, 1)
  assert.ok(isReset(rig.send(client('A'))))
  assert.notEqual(server(rig.send(client('S'))!), host)
})

test('expire_nodest_conn: a packet that comes before the sweep ends its connection itself', () => {
  const rig = balanced('', set('expire_nodest_conn=1'))
  const [host] = open(rig)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(host)}`)
  assert.ok(isReset(rig.send(client('PA'))))
  assert.equal(rig.list().length, 0)
})

test('expire_nodest_conn switched on: what lost its real server before ends with the next that is removed', () => {
  const rig = balanced('')
  const [host] = open(rig)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(host)}`)
  rig.run(set('expire_nodest_conn=1'))
  rig.wait(1000)
  assert.equal(rig.list().length, 1)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(3 - host)}`)
  rig.wait(1000)
  assert.equal(rig.list().length, 0)
})

test('without it the packets of a removed real server are dropped in silence', () => {
  const rig = balanced('')
  const [host] = open(rig)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(host)}`)
  assert.equal(rig.send(client('A')), null)
  rig.wait(1000)
  assert.equal(rig.list().length, 1)
})

test('expire_nodest_conn: a SYN leaves a real server of weight 0', () => {
  const rig = balanced('', set('expire_nodest_conn=1'))
  const [host] = open(rig)
  rig.run(`ipvsadm -e -t ${VIP}:80 -r ${web(host)} -m -w 0`)
  assert.equal(server(rig.send(client('A'))!), host)
  assert.notEqual(server(rig.send(client('S'))!), host)
})

test('expire_nodest_conn: templates of a removed real server go with their connections', () => {
  const rig = balanced(' -p 300', set('expire_nodest_conn=1'))
  const [host] = open(rig)
  rig.run(`ipvsadm -d -t ${VIP}:80 -r ${web(host)}`)
  rig.wait(1000)
  assert.deepEqual(rig.list(), [])
})

test('expire_quiescent_template: clients leave a real server of weight 0', () => {
  const rig = balanced(' -p 300', set('expire_quiescent_template=1'))
  const [host] = open(rig)
  rig.run(`ipvsadm -e -t ${VIP}:80 -r ${web(host)} -m -w 0`)
  const [next] = open(rig, 5001)
  assert.notEqual(next, host)
  const templates = rig.list().filter(({ template }) => template)
  assert.deepEqual(templates.map(({ virtualPort, destinationPort }) => [virtualPort, destinationPort]).sort(), [
    [65535, 65535],
    [80, 80],
  ])
})

test('a server that is drained without its persistent clients loses them, with them it keeps them', () => {
  for (const honourPersistence of [true, false]) {
    const rig = balanced(' -p 300')
    const [host] = open(rig)
    const [service] = rig.state.services
    const destinations = service.destinations.map((one) =>
      one.address === web(host).split(':')[0] ? { ...one, weight: 0, honourPersistence } : one,
    )
    rig.install({ ...rig.state, services: [{ ...service, destinations }] })
    const [next] = open(rig, 5001)
    assert.equal(next === host, honourPersistence)
  }
})

function timeWait(rig: Rig): void {
  const [host, source] = open(rig)
  rig.send(client('FA'))
  rig.send(answer(host, 'FA', source))
}

test('conn_reuse_mode 0: a SYN in TIME_WAIT goes on with its connection', () => {
  const rig = balanced('')
  timeWait(rig)
  rig.run(set('conn_reuse_mode=0'))
  rig.send(client('S'))
  rig.wait(2000)
  assert.equal(rig.engine.services()[0].traffic.connections, 1)
  assert.deepEqual(states(rig), ['SYN_RECV'])
})

test('conn_reuse_mode 1: not for connections that a template controls', () => {
  const rig = balanced(' -p 300')
  timeWait(rig)
  rig.send(client('S'))
  rig.wait(2000)
  assert.equal(rig.engine.services()[0].traffic.connections, 1)
})

test('conn_reuse_mode 2: a SYN also takes the place of a FIN_WAIT whose answers pass elsewhere', () => {
  for (const [mode, connections] of [
    [1, 1],
    [2, 2],
    [3, 2],
  ]) {
    const rig = new Rig()
    rig.run(`ipvsadm -A -t ${VIP}:80 -s rr`, `ipvsadm -a -t ${VIP}:80 -r ${web(1)} -g`, set(`conn_reuse_mode=${mode}`))
    for (const flags of ['S', 'A', 'FA']) rig.send(client(flags))
    assert.deepEqual(states(rig), ['FIN_WAIT'])
    rig.send(client('S'))
    rig.wait(2000)
    assert.equal(rig.engine.services()[0].traffic.connections, connections, `mode ${mode}`)
  }
})

test('sloppy_tcp: a connection begins in its middle, but not with a reset', () => {
  const rig = balanced('', set('sloppy_tcp=1'))
  assert.ok(isReset(balanced('').send(client('A'))))
  assert.ok(sourcePort(rig.send(client('A'))!) > 0)
  assert.deepEqual(states(rig), ['ESTABLISHED'])
  rig.send(client('R', 5001))
  assert.equal(rig.list().length, 1)
})

test('conntrack 0: the nat table is not asked', () => {
  const rig = balanced('', set('conntrack=0'))
  const out = rig.send(client('S'))!
  assert.equal(out.subarray(12, 16).join('.'), '192.0.2.100')
})

test('run_estimation 0: counters stand still', () => {
  const rig = balanced('', set('run_estimation=0'))
  rig.send(client('S'))
  rig.wait(4000)
  assert.equal(rig.engine.services()[0].traffic.connections, 0)
  rig.run(set('run_estimation=1'))
  rig.wait(4000)
  assert.equal(rig.engine.services()[0].traffic.connections, 1)
})

const SCTP = [`ipvsadm -A --sctp-service ${VIP}:80 -s rr`, `ipvsadm -a --sctp-service ${VIP}:80 -r ${web(1)} -m`]

test('SCTP: INIT opens, states and ActiveConn follow the chunks', () => {
  const rig = new Rig()
  rig.run(...SCTP)
  const ask = (...chunks: number[]) => rig.send(sctp({ from: '192.0.2.100:5000', to: `${VIP}:80`, chunks }))
  const reply = (...chunks: number[]) => rig.send(sctp({ from: web(1), to: '192.0.2.100:5000', chunks }))
  const shown = () => [states(rig)[0], rig.books().active[0], rig.books().inactive[0]]
  ask(1)
  assert.deepEqual(shown(), ['INIT1', 0, 1])
  rig.wait(2000)
  assert.equal(rig.list().length, 0, 'four seconds')
  for (const [step, chunk] of [ask, reply, ask, reply].entries()) chunk([1, 2, 10, 11][step])
  assert.deepEqual(shown(), ['ESTABLISHED', 1, 0])
  ask(10, 6)
  assert.deepEqual(shown(), ['CLOSED', 0, 1])
  ask(1)
  rig.wait(2000)
  assert.equal(rig.engine.services()[0].traffic.connections, 3, 'a new one in the place of the old one')
})

test('SCTP: what opens nothing goes to the host; sloppy_sctp takes all but ABORT', () => {
  const rig = new Rig()
  rig.run(...SCTP)
  const data = sctp({ from: '192.0.2.100:5000', to: `${VIP}:80`, chunks: [0] })
  assert.deepEqual(rig.send(data), data.bytes)
  assert.equal(rig.send(sctp({ from: '192.0.2.100:5000', to: `${VIP}:80` })), null, 'no chunk at all')
  rig.run(set('sloppy_sctp=1'))
  const abort = sctp({ from: '192.0.2.100:5000', to: `${VIP}:80`, chunks: [6] })
  assert.deepEqual(rig.send(abort), abort.bytes)
  rig.send(data)
  assert.deepEqual(states(rig), ['ESTABLISHED'])
})

test('--set udp counts from the next packet', () => {
  const rig = new Rig()
  rig.run(`ipvsadm -A -u ${VIP}:80 -s rr`, `ipvsadm -a -u ${VIP}:80 -r ${web(1)} -m`, 'ipvsadm --set 0 0 10')
  rig.send(udp({ from: '192.0.2.100:5000', to: `${VIP}:80`, payload: 'q' }))
  rig.wait(11_000)
  assert.equal(rig.list().length, 0)
})

test('nat_icmp_send: a real server hears that its connection is unknown, but not about a reset', () => {
  const rig = balanced('')
  const stray = (flags: string) => rig.send(answer(1, flags, 4000))!
  assert.equal(stray('A')[9], 6)
  rig.run(set('nat_icmp_send=1'))
  const [error, reset] = [stray('A'), stray('R')]
  assert.deepEqual([error[9], error[20], error[21], error.subarray(16, 20).join('.')], [1, 3, 3, '203.0.113.1'])
  assert.equal(reset[9], 6)
  const other = tcp({ from: '203.0.113.1:81', to: `${SNAT}:4000`, flags: 'A' })
  assert.deepEqual(rig.send(other), other.bytes)
})

test('of a firewall mark’s packets only TCP, UDP and SCTP are balanced', () => {
  const rig = new Rig()
  rig.run(
    'ipvsadm -A -f 1 -s rr',
    `ipvsadm -a -f 1 -r ${web(1)} -m`,
    `iptables -t mangle -A PREROUTING -d ${VIP} -j MARK --set-mark 1`,
  )
  const ping = icmp({ from: '192.0.2.100', to: VIP, type: 8, rest: 1 })
  assert.deepEqual(rig.send(ping), ping.bytes)
  assert.equal(rig.list().length, 0)
})

test('schedule_icmp: an error about an answer that nobody knows opens a connection for three seconds', () => {
  const rig = balanced('')
  const about = tcp({ from: `${VIP}:80`, to: '192.0.2.100:5000', flags: 'A', payload: 'x'.repeat(64) })
  const error = icmpError({ from: '192.0.2.1', to: VIP, type: 3, code: 4, rest: 1400, about })
  assert.deepEqual(rig.send(error), error.bytes, 'to the host')
  rig.run(set('schedule_icmp=1'))
  const out = rig.send(error)!
  assert.deepEqual([...out.subarray(16, 20), out[20], out[21]], [203, 0, 113, 2, 3, 4])
  assert.deepEqual(states(rig), ['NONE'])
  rig.wait(2000)
  assert.deepEqual(rig.engine.services()[0].traffic.inPackets, 1)
  rig.wait(2000)
  assert.deepEqual(states(rig), [])
  const foreign = icmpError({ from: '192.0.2.1', to: VIP, type: 3, code: 4, about: other(about) })
  assert.deepEqual(rig.send(foreign), foreign.bytes)
})

/** About an answer of the VIP's port 80 to this port of the client. */
function lostAnswer(port: number): Built {
  const about = tcp({ from: `${VIP}:80`, to: `192.0.2.100:${port}`, flags: 'A', payload: 'x'.repeat(64) })
  return icmpError({ from: '192.0.2.1', to: VIP, type: 3, code: 4, rest: 1400, about })
}

test('schedule_icmp: an error that finds no real server is dropped; a mark on it chooses the service', () => {
  const rig = new Rig()
  rig.run(`ipvsadm -A -t ${VIP}:80 -s rr`, set('schedule_icmp=1'))
  assert.equal(rig.send(lostAnswer(5000)), null)
  assert.deepEqual(rig.drops(), { noDestination: 1 })
  rig.run('ipvsadm -A -f 1 -s rr', `ipvsadm -a -f 1 -r ${web(1)} -m`)
  rig.run(`iptables -t mangle -A PREROUTING -d ${VIP} -j MARK --set-mark 1`)
  assert.equal(server(rig.send(lostAnswer(5001))!), 1)
  rig.run('iptables -t mangle -I PREROUTING -p icmp -j DROP')
  assert.equal(rig.send(lostAnswer(5002)), null)
  assert.deepEqual(rig.drops(), { noDestination: 1, ruleDrop: 1 })
})

test('schedule_icmp: the nat table is asked about the packet of the client', () => {
  const rig = balanced('', set('schedule_icmp=1'))
  rig.run('iptables -t nat -F', `iptables -t nat -A POSTROUTING -p tcp --sport 5001 -j SNAT --to-source ${SNAT}`)
  rig.send(client('S', 5000))
  rig.send(lostAnswer(5001))
  const [rule] = rig.state.nat.v4.chains.find(({ name }) => name === 'POSTROUTING')!.rules
  assert.equal(rig.engine.rules().find(({ id }) => id === rule.id)!.packets, 1)
})

test('lblc_expiration: an address idle for longer, at the half hour, is given a server anew', () => {
  for (const scheduler of ['lblc', 'lblcr']) {
    const rig = new Rig()
    rig.run(
      ...['iptables -t mangle -A PREROUTING -p tcp -j MARK --set-mark 1', `ipvsadm -A -f 1 -s ${scheduler}`],
      ...[1, 2].map((host) => `ipvsadm -a -f 1 -r ${web(host)} -m -w 100`),
    )
    const chosen = (vip: string, port: number) =>
      server(rig.send(tcp({ from: `192.0.2.100:${port}`, to: `${vip}:80`, flags: 'S' }))!)
    const kept = chosen(VIP, 5000)
    const other = web(3 - kept)
    rig.run(`ipvsadm -e -f 1 -r ${other} -m -w 0`)
    assert.equal(chosen('198.51.100.46', 5000), kept)
    rig.run(`ipvsadm -e -f 1 -r ${other} -m -w 100`)
    const halfHour = () => {
      for (let minute = 0; minute < 31; minute++) {
        rig.wait(60_000)
        assert.equal(chosen('198.51.100.46', 6000 + minute), kept, 'asked for all the time')
      }
    }
    halfHour()
    assert.equal(chosen(VIP, 5001), kept, 'a day by default')
    rig.run(set(`${scheduler}_expiration=600`))
    halfHour()
    assert.equal(chosen(VIP, 5002), 3 - kept, scheduler)
  }
})

/** The same of a port that is no service's. */
const other = ({ bytes, partial }: Built): Built => {
  const copy = bytes.slice()
  copy[21]++
  return { bytes: copy, partial }
}
