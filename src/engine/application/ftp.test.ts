import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, tcp } from '../../../test/packets/build.js'
import { setTransportChecksum } from '../../../test/packets/naive.js'
import { destinationPort, Rig, server, sourcePort } from '../../../test/packets/rig.js'
import { bare, v4, v6, type World } from '../../../test/packets/world.js'
import { TICK_MS } from '../../conn/record.js'

const FIRST = 0xffff_fff0 // numbers run over 2^32 at once
const ANSWER = 5000
const worlds = [v4, v6]

const at = (w: World) => (w.family === 4 ? 20 : 40)
const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset)
const sequence = (w: World, bytes: Uint8Array) => view(bytes).getUint32(at(w) + 4)
const acknowledgement = (w: World, bytes: Uint8Array) => view(bytes).getUint32(at(w) + 8)
const text = (w: World, bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(at(w) + 20))

function assertSound(w: World, bytes: Uint8Array): void {
  const again = bytes.slice()
  view(again).setUint16(at(w) + 16, 0)
  setTransportChecksum(again, at(w), 6)
  assert.deepEqual(bytes, again, 'checksum')
  assert.equal(view(bytes).getUint16(w.family === 4 ? 2 : 4) + (w.family === 4 ? 0 : 40), bytes.length, 'length')
}

/** A control connection that is established, through SNAT unless told otherwise. */
class Control {
  readonly rig: Rig
  readonly w: World
  source = ''
  private sent = FIRST + 1
  private answered = ANSWER + 1

  constructor(w: World, isSnat = true, rig = new Rig()) {
    this.w = w
    this.rig = rig
    rig.run(`ipvsadm -A -t ${w.vip(21)} -s rr`, `ipvsadm -a -t ${w.vip(21)} -r ${w.web1(21)} -m`)
    const rule = `${w.iptables} -t nat -A POSTROUTING -m ipvs --vaddr ${bare(w.vip)}`
    if (isSnat)
      for (const match of ['--vport 21', '--vportctl 21'])
        rig.run(`${rule} ${match} -j SNAT --to-source ${bare(w.director)}`)
    this.source = (isSnat ? w.director : w.client)(4000)
    rig.send(tcp({ from: w.client(4000), to: w.vip(21), flags: 'S', sequence: FIRST }))
    rig.send(tcp({ from: w.web1(21), to: this.source, flags: 'SA', sequence: ANSWER, acknowledgement: FIRST + 1 }))
    rig.send(this.request(''))
  }

  /** What the client says next. */
  request(payload: string, changes = {}): Built {
    const { w } = this
    const words = { from: w.client(4000), to: w.vip(21), flags: 'PA', payload }
    return tcp({ ...words, sequence: this.sent >>> 0, acknowledgement: this.answered >>> 0, ...changes })
  }

  reply(payload: string, changes = {}): Built {
    const { w } = this
    const words = { from: w.web1(21), to: this.source, flags: 'PA', payload }
    return tcp({ ...words, sequence: this.answered >>> 0, acknowledgement: this.sent >>> 0, ...changes })
  }

  ask(payload: string): Uint8Array {
    const out = this.rig.send(this.request(payload))!
    this.sent += payload.length
    return out
  }

  answer(payload: string): Uint8Array {
    const out = this.rig.send(this.reply(payload))!
    this.answered += payload.length
    return out
  }
}

const PASSIVE = '227 Entering Passive Mode (192,0,2,21,156,65).\r\n'
const REWRITTEN = '227 Entering Passive Mode (192,0,2,45,156,65).\r\n'

test('passive: the reply names the VIP, and the connection there is taken to the server by --vportctl', () => {
  const control = new Control(v4)
  control.ask('PASV\r\n')
  const reply = control.answer(PASSIVE)
  assert.equal(text(v4, reply), REWRITTEN)
  assertSound(v4, reply)
  const [waiting] = control.rig.list().filter(({ state }) => state === 'LISTEN')
  const { client, clientPort, virtualPort, destination, destinationPort: real } = waiting
  assert.deepEqual(
    [client, clientPort, virtualPort, destination, real],
    ['192.0.2.100', 0, 40_001, '192.0.2.21', 40_001],
  )
  const syn = control.rig.send(tcp({ from: v4.client(4001), to: v4.vip(40_001), flags: 'S' }))!
  assert.deepEqual([server(syn), destinationPort(syn), sourcePort(syn)], [21, 40_001, 4001])
  assert.equal(syn[15], 10, 'from the director')
  const answer = control.rig.send(tcp({ from: v4.web1(40_001), to: v4.director(4001), flags: 'SA' }))!
  assert.deepEqual([sourcePort(answer), destinationPort(answer), answer[15]], [40_001, 4001, 45])
  assert.equal(control.rig.list().length, 2)
})

for (const w of worlds)
  test(`${w.name}: extended passive: nothing is rewritten, the connection is let in`, () => {
    const control = new Control(w)
    control.ask('EPSV\r\n')
    const said = '229 Entering Extended Passive Mode (|||40001|)\r\n'
    assert.equal(text(w, control.answer(said)), said)
    const syn = control.rig.send(tcp({ from: w.client(4001), to: w.vip(40_001), flags: 'S' }))!
    assert.equal(destinationPort(syn), 40_001)
  })

for (const w of worlds)
  test(`${w.name}: active: the command names the source, and the server's connection there is the client's`, () => {
    const control = new Control(w)
    const [written, rewritten] =
      w.family === 4
        ? ['PORT 192,0,2,100,17,93\r\n', 'PORT 192,0,2,10,17,93\r\n']
        : ['EPRT |2|2001:db8::100|4445|\r\n', 'EPRT |2|2001:db8::10|4445|\r\n']
    const command = control.ask(written)
    assert.equal(text(w, command), rewritten)
    assertSound(w, command)
    const syn = control.rig.send(tcp({ from: w.web1(20), to: w.director(4445), flags: 'S' }))!
    assert.deepEqual([sourcePort(syn), destinationPort(syn)], [20, 4445])
  })

test('active: from port 20 or any other, without SNAT as well', () => {
  for (const isSnat of [true, false])
    for (const port of [20, 33_333]) {
      const control = new Control(v4, isSnat)
      const command = control.ask('PORT 192,0,2,100,17,93\r\n')
      assert.equal(text(v4, command), isSnat ? 'PORT 192,0,2,10,17,93\r\n' : 'PORT 192,0,2,100,17,93\r\n')
      const [waiting] = control.rig.list().filter(({ state }) => state === 'LISTEN')
      assert.deepEqual([waiting.clientPort, waiting.virtualPort, waiting.destinationPort], [4445, 20, 20])
      const to = (isSnat ? v4.director : v4.client)(4445)
      const syn = control.rig.send(tcp({ from: v4.web1(port), to, flags: 'S' }))!
      assert.deepEqual([sourcePort(syn), destinationPort(syn), syn[15], syn[19]], [20, 4445, 45, 100])
      const answer = control.rig.send(tcp({ from: v4.client(4445), to: v4.vip(20), flags: 'SA' }))!
      assert.deepEqual([destinationPort(answer), sourcePort(answer), server(answer)], [port, 4445, 21])
    }
})

test('numbers behind a text that changed its length, both ways, and of what is sent again', () => {
  const control = new Control(v4)
  const growth = -1 // 192.0.2.100 has become 192.0.2.10
  const command = control.request('PORT 192,0,2,100,17,93\r\n')
  const first = control.ask('PORT 192,0,2,100,17,93\r\n')
  assert.deepEqual(control.rig.send(command), first, 'sent again')
  const reply = control.rig.send(control.reply('200 ok\r\n', { acknowledgement: (FIRST + 1 + 24 + growth) >>> 0 }))!
  assert.equal(acknowledgement(v4, reply), (FIRST + 1 + 24) >>> 0)
  const next = control.ask('NOOP\r\n')
  assert.equal(sequence(v4, next), (FIRST + 1 + 24 + growth) >>> 0)
  assertSound(v4, next)
  control.ask('PASV\r\n')
  const other = control.rig.send(control.reply(PASSIVE.replace('192,0,2,21', '192,0,2,221'), {}))!
  assert.equal(text(v4, other), REWRITTEN, 'a server is where it is, whatever it says')
})

test('what the client says of another host is not believed', () => {
  const control = new Control(v4)
  const command = control.ask('PORT 192,0,2,101,17,93\r\n')
  assert.equal(text(v4, command), 'PORT 192,0,2,101,17,93\r\n')
  assert.equal(control.rig.list().length, 1)
})

test('a reply that nobody asked for lets nothing in', () => {
  const control = new Control(v4)
  assert.equal(text(v4, control.answer(PASSIVE)), PASSIVE)
  assert.equal(control.rig.list().length, 1)
})

test('an expectation ends after two minutes, and its source port is free again', () => {
  const control = new Control(v4)
  control.ask('PORT 192,0,2,100,17,93\r\n')
  assert.equal(control.rig.books().ports, 2)
  control.rig.wait(121_000 + TICK_MS)
  assert.deepEqual(
    control.rig.list().map(({ state }) => state),
    ['ESTABLISHED'],
  )
  assert.equal(control.rig.books().ports, 1)
})

test('an expectation outlives the process', () => {
  const control = new Control(v4)
  control.ask('PASV\r\n')
  control.answer(PASSIVE)
  control.ask('PORT 192,0,2,100,17,93\r\n')
  const rig = control.rig.restart()
  const syn = rig.send(tcp({ from: v4.client(4001), to: v4.vip(40_001), flags: 'S' }))!
  assert.equal(destinationPort(syn), 40_001)
  const active = rig.send(tcp({ from: v4.web1(20), to: v4.director(4445), flags: 'S' }))!
  assert.deepEqual([sourcePort(active), destinationPort(active)], [20, 4445])
})

test('two servers that name one port to one client get two of the VIP', () => {
  const rig = new Rig()
  const first = new Control(v4, true, rig)
  first.ask('PASV\r\n')
  first.answer(PASSIVE)
  rig.run(`ipvsadm -a -t ${v4.vip(21)} -r ${v4.web2(21)} -m`, `ipvsadm -e -t ${v4.vip(21)} -r ${v4.web1(21)} -m -w 0`)
  const say = (words: Parameters<typeof tcp>[0]) => rig.send(tcp(words))!
  say({ from: v4.client(4002), to: v4.vip(21), flags: 'S', sequence: 1 })
  say({ from: v4.web2(21), to: v4.director(4002), flags: 'SA', sequence: 1, acknowledgement: 2 })
  say({ from: v4.client(4002), to: v4.vip(21), sequence: 2, payload: 'PASV\r\n' })
  const reply = say({ from: v4.web2(21), to: v4.director(4002), sequence: 2, payload: PASSIVE })
  assert.equal(text(v4, reply), REWRITTEN.replace('156,65', '156,66'))
  const syn = say({ from: v4.client(4003), to: v4.vip(40_002), flags: 'S' })
  assert.deepEqual([server(syn), destinationPort(syn)], [22, 40_001])
})

test('a data connection that cannot be had is dropped for the reason that it has', () => {
  const full = new Control(v4, true, new Rig({ capacity: 1 }))
  assert.equal(full.rig.send(full.request('PORT 192,0,2,100,17,92\r\n')), null)
  assert.deepEqual(full.rig.drops(), { tableFull: 1 })
  full.ask('PASV\r\n')
  assert.equal(full.rig.send(full.reply(PASSIVE)), null)
  assert.deepEqual(full.rig.drops(), { tableFull: 2 })
  assert.equal(full.rig.books().ports, 1)
})

test('a server may name a port when one of 32 from there on is free', () => {
  const rig = new Rig()
  const first = new Control(v4, true, rig)
  for (let port = 65; port < 65 + 32; port++) {
    first.ask('PASV\r\n')
    first.answer(PASSIVE.replace('156,65', `156,${port}`))
  }
  rig.run(`ipvsadm -a -t ${v4.vip(21)} -r ${v4.web2(21)} -m`, `ipvsadm -e -t ${v4.vip(21)} -r ${v4.web1(21)} -m -w 0`)
  rig.send(tcp({ from: v4.client(4002), to: v4.vip(21), flags: 'S', sequence: 1 }))
  rig.send(tcp({ from: v4.web2(21), to: v4.director(4002), flags: 'SA', sequence: 1, acknowledgement: 2 }))
  rig.send(tcp({ from: v4.client(4002), to: v4.vip(21), sequence: 2, payload: 'PASV\r\n' }))
  const reply = { from: v4.web2(21), to: v4.director(4002), sequence: 2 }
  assert.equal(rig.send(tcp({ ...reply, payload: PASSIVE })), null)
  assert.deepEqual(rig.drops(), { portTaken: 1 })
  const later = rig.send(tcp({ ...reply, payload: PASSIVE.replace('156,65', '156,66') }))!
  assert.match(text(v4, later), /156,97/)
})

test('what comes to other ports of the VIP is the host’s, whatever it is', () => {
  const { rig } = new Control(v4)
  for (const flags of ['S', 'A', 'R'])
    for (const port of [20, 8080]) {
      const before = rig.engine.status().toHost
      rig.send(tcp({ from: v4.other(4000), to: v4.vip(port), flags }))
      assert.equal(rig.engine.status().toHost, before + 1, `${flags} to ${port}`)
    }
})
