/** What the engine says itself, and what it counts besides packets, behind a port that takes hops as a TUN device does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, icmpError, tcp, udp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'

const VIP = '198.51.100.45'
const WEB = '203.0.113.1'
const CLIENT = '192.0.2.100'

const IPV4_TTL = 8
const QUOTED_TTL = 20 + 8 + IPV4_TTL

function rig(...lines: string[]): Rig {
  const made = new Rig({ hops: 2 })
  made.run(`ipvsadm -A -t ${VIP}:80 -s rr`, `ipvsadm -A -u ${VIP}:53 -s rr`, ...lines)
  return made
}

/** A client's packet as the engine gets it: the port has taken one off its 64. */
const client = (flags: string): Built => tcp({ from: `${CLIENT}:5000`, to: `${VIP}:80`, flags, ttl: 63 })

test('a refusal has 64 hops to go behind the port, and quotes what the client sent', () => {
  const answer = rig().send(client('S'))!
  assert.deepEqual([answer[IPV4_TTL], answer[QUOTED_TTL]], [65, 64])
})

test('a reset has 64 hops to go behind the port', () => {
  assert.equal(rig().send(client('A'))![IPV4_TTL], 65)
})

test('ICMP errors about a connection are counted with it, both ways', () => {
  const made = rig(`ipvsadm -a -u ${VIP}:53 -r ${WEB}:53 -m`)
  const question = udp({ from: `${CLIENT}:5000`, to: `${VIP}:53`, payload: 'who?', ttl: 63 })
  made.send(question)
  made.send(udp({ from: `${WEB}:53`, to: `${CLIENT}:5000`, payload: 'he', ttl: 63 }))
  const toServer = udp({ from: `${CLIENT}:5000`, to: `${WEB}:53`, payload: 'who?' })
  const toClient = udp({ from: `${VIP}:53`, to: `${CLIENT}:5000`, payload: 'he' })
  made.send(icmpError({ from: WEB, to: CLIENT, type: 3, code: 3, about: toServer }))
  made.send(icmpError({ from: CLIENT, to: VIP, type: 3, code: 3, about: toClient }))
  made.books()
  const [service] = made.engine.services().filter(({ traffic }) => traffic.connections > 0)
  const { inPackets, outPackets, inBytes, outBytes } = service.traffic
  assert.deepEqual(
    { inPackets, outPackets, inBytes, outBytes },
    { inPackets: 2, outPackets: 2, inBytes: 32 + 58, outBytes: 30 + 60 },
  )
})
