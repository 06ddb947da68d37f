import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tcp, udp } from '../../test/packets/build.js'
import { destinationPort, Rig, server } from '../../test/packets/rig.js'

interface World {
  name: string
  client(host: number, port: number): string
  vip(port: number): string
  web(host: number, port: number): string
  /** ipvsadm's -M for a network of 256 addresses. */
  mask: string
}

const WORLDS: World[] = [
  {
    name: 'IPv4',
    client: (host, port) => `192.0.2.${host}:${port}`,
    vip: (port) => `198.51.100.45:${port}`,
    web: (host, port) => `203.0.113.${host}:${port}`,
    mask: '255.255.255.0',
  },
  {
    name: 'IPv6',
    client: (host, port) => `[2001:db8:1::${host}]:${port}`,
    vip: (port) => `[2001:db8:2::45]:${port}`,
    web: (host, port) => `[2001:db8:3::${host}]:${port}`,
    mask: '120',
  },
]

const syn = (from: string, to: string) => tcp({ from, to, flags: 'S' })

function balanced(w: World, service: string, port: number, realPort: number, hosts = [1, 2]): Rig {
  const rig = new Rig()
  rig.run(
    `ipvsadm -A ${service}`,
    ...hosts.map((host) => `ipvsadm -a ${service.replace(/ -s.*/, '')} -r ${w.web(host, realPort)} -m`),
  )
  assert.equal(rig.state.services[0].port, port)
  return rig
}

const templates = (rig: Rig) => rig.list().filter(({ template }) => template)

for (const w of WORLDS) {
  const persistent = `-t ${w.vip(80)} -s rr -p 300`

  test(`${w.name}: a client keeps its real server, another one gets the next`, () => {
    const rig = balanced(w, persistent, 80, 8080)
    const first = server(rig.send(syn(w.client(1, 5000), w.vip(80)))!)
    for (let port = 5001; port < 5005; port++) {
      assert.equal(server(rig.send(syn(w.client(1, port), w.vip(80)))!), first)
    }
    assert.notEqual(server(rig.send(syn(w.client(2, 5000), w.vip(80)))!), first)
    assert.deepEqual(rig.books().persistent, [1, 1])
    assert.deepEqual(
      templates(rig).map(({ clientPort, virtualPort, destinationPort }) => [clientPort, virtualPort, destinationPort]),
      [
        [0, 80, 8080],
        [0, 80, 8080],
      ],
    )
  })

  test(`${w.name}: with a mask a whole network is one client`, () => {
    const rig = balanced(w, `${persistent} -M ${w.mask}`, 80, 80)
    const first = server(rig.send(syn(w.client(1, 5000), w.vip(80)))!)
    assert.equal(server(rig.send(syn(w.client(9, 5000), w.vip(80)))!), first)
    assert.equal(templates(rig).length, 1)
    assert.match(templates(rig)[0].client, /(\.0|::)$/)
  })

  test(`${w.name}: a template outlives its connections, and all books balance in the end`, () => {
    const rig = balanced(w, persistent, 80, 80)
    rig.send(syn(w.client(1, 5000), w.vip(80)))
    rig.wait(61_000) // SYN_RECV
    assert.deepEqual(rig.books(), { connections: 1, active: [0, 0], inactive: [0, 0], persistent: [1, 0], ports: 0 })
    rig.wait(300_000)
    assert.deepEqual(rig.books(), { connections: 0, active: [0, 0], inactive: [0, 0], persistent: [0, 0], ports: 0 })
  })

  test(`${w.name}: a template waits for the connections it controls`, () => {
    const rig = balanced(w, `-t ${w.vip(80)} -s rr -p 60`, 80, 80)
    const out = rig.send(syn(w.client(1, 5000), w.vip(80)))!
    rig.send(tcp({ from: w.web(server(out), 80), to: w.client(1, 5000), flags: 'SA' }))
    rig.send(tcp({ from: w.client(1, 5000), to: w.vip(80), flags: 'A' }))
    rig.wait(800_000)
    assert.equal(rig.books().connections, 2)
    assert.equal(server(rig.send(syn(w.client(1, 5001), w.vip(80)))!), server(out))
    assert.equal(templates(rig)[0].state, 'ASSURED')
    rig.wait(900_000)
    assert.equal(rig.books().connections, 0)
  })

  test(`${w.name}: who had a real server that was removed gets another one, and keeps that`, () => {
    const rig = balanced(w, persistent, 80, 80)
    const first = server(rig.send(syn(w.client(1, 5000), w.vip(80)))!)
    rig.run(`ipvsadm -d -t ${w.vip(80)} -r ${w.web(first, 80)}`)
    const second = server(rig.send(syn(w.client(1, 5001), w.vip(80)))!)
    assert.notEqual(second, first)
    rig.run(`ipvsadm -a -t ${w.vip(80)} -r ${w.web(first, 80)} -m`)
    for (let port = 5002; port < 5005; port++) {
      assert.equal(server(rig.send(syn(w.client(1, port), w.vip(80)))!), second)
    }
    rig.wait(400_000)
    assert.deepEqual(rig.books().persistent, [0, 0])
  })

  test(`${w.name}: of a real server of weight 0 the clients stay`, () => {
    const rig = balanced(w, persistent, 80, 80)
    const first = server(rig.send(syn(w.client(1, 5000), w.vip(80)))!)
    rig.run(`ipvsadm -e -t ${w.vip(80)} -r ${w.web(first, 80)} -m -w 0`)
    assert.equal(server(rig.send(syn(w.client(1, 5001), w.vip(80)))!), first)
    assert.notEqual(server(rig.send(syn(w.client(2, 5000), w.vip(80)))!), first)
  })

  test(`${w.name}: a service of port 0 keeps the client's port, and the client its real server on every port`, () => {
    const rig = balanced(w, `-t ${w.vip(0)} -s rr -p 300`, 0, 0)
    const first = rig.send(syn(w.client(1, 5000), w.vip(80)))!
    const second = rig.send(syn(w.client(1, 5001), w.vip(443)))!
    assert.deepEqual([destinationPort(first), destinationPort(second)], [80, 443])
    assert.equal(server(second), server(first))
    assert.equal(templates(rig).length, 1)
  })

  test(`${w.name}: one answer of a UDP server confirms the client`, () => {
    const rig = balanced(w, `-u ${w.vip(53)} -s rr -p 300`, 53, 53)
    const out = rig.send(udp({ from: w.client(1, 5000), to: w.vip(53), payload: 'q' }))!
    assert.equal(templates(rig)[0].state, 'NONE')
    rig.send(udp({ from: w.web(server(out), 53), to: w.client(1, 5000), payload: 'a' }))
    assert.equal(templates(rig)[0].state, 'ASSURED')
  })

  for (const [port, realPort] of [
    [80, 8080],
    [0, 0],
    [21, 21],
  ]) {
    test(`${w.name}: a restart keeps the templates of port ${port} with what they control`, () => {
      const rig = balanced(w, `-t ${w.vip(port)} -s rr -p 60`, port, realPort)
      const to = w.vip(port || 443)
      const out = rig.send(syn(w.client(1, 5000), to))!
      const at = w.web(server(out), destinationPort(out))
      rig.send(tcp({ from: at, to: w.client(1, 5000), flags: 'SA' }))
      rig.send(tcp({ from: w.client(1, 5000), to, flags: 'A' }))
      rig.wait(90_000)
      const next = rig.restart()
      assert.deepEqual(next.books(), rig.books())
      next.wait(200_000)
      assert.equal(templates(next).length, 1)
      for (let client = 5001; client < 5004; client++) {
        assert.equal(server(next.send(syn(w.client(1, client), to))!), server(out))
      }
      next.wait(1_200_000)
      assert.deepEqual(next.books(), {
        connections: 0,
        active: [0, 0],
        inactive: [0, 0],
        persistent: [0, 0],
        ports: 0,
      })
    })
  }
}
