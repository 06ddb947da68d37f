import assert from 'node:assert/strict'
import { test } from 'node:test'
import { udp } from '../../test/packets/build.js'
import { Rig, server, sourcePort } from '../../test/packets/rig.js'

const VIP = '198.51.100.45'
const SNAT = '192.0.2.10'
const web = (host: number) => `203.0.113.${host}:53`
const snat = (match: string) => `iptables -t nat -A POSTROUTING -m ipvs ${match} -j SNAT --to-source ${SNAT}`

const ask = udp({ from: '192.0.2.100:5000', to: `${VIP}:53`, payload: 'q' })

function balanced(options: string, ...lines: string[]): Rig {
  const rig = new Rig()
  rig.run(
    `ipvsadm -A -u ${VIP}:53 -s rr -o${options}`,
    `ipvsadm -a -u ${VIP}:53 -r ${web(1)} -m`,
    `ipvsadm -a -u ${VIP}:53 -r ${web(2)} -m`,
    ...lines,
  )
  return rig
}

const sourceOf = (out: Uint8Array | null) => `${out!.subarray(12, 16).join('.')}:${sourcePort(out!)}`

test('each datagram of one client port goes where the scheduler says', () => {
  const rig = balanced('')
  const out = [1, 2, 3, 4].map(() => rig.send(ask)!)
  assert.deepEqual(out.map(server), [2, 1, 2, 1])
  assert.deepEqual(rig.books(), { connections: 0, active: [0, 0], inactive: [0, 0], persistent: [0, 0], ports: 0 })
  const { traffic } = rig.engine.services()[0]
  assert.deepEqual([traffic.connections, traffic.inPackets, traffic.inBytes], [4, 4, 4 * 29])
})

test('an answer belongs to nothing here', () => {
  const rig = balanced('')
  rig.send(ask)
  const answer = udp({ from: web(2), to: '192.0.2.100:5000', payload: 'a' })
  assert.deepEqual(rig.send(answer), answer.bytes)
})

test('of the nat table only bare --ipvs matches, and no port stays taken', () => {
  assert.equal(sourceOf(balanced('', snat(`--vaddr ${VIP}`)).send(ask)), '192.0.2.100:5000')
  assert.equal(sourceOf(balanced('', snat('--ipvs --vdir ORIGINAL')).send(ask)), '192.0.2.100:5000')
  const rig = balanced('', snat('--ipvs'))
  assert.equal(sourceOf(rig.send(ask)), `${SNAT}:5000`)
  assert.equal(sourceOf(rig.send(ask)), `${SNAT}:5000`)
  assert.equal(rig.books().ports, 0)
})

test('with persistence the template chooses, and only it is kept', () => {
  const rig = balanced(' -p 60')
  assert.deepEqual(
    [1, 2, 3].map(() => server(rig.send(ask)!)),
    [2, 2, 2],
  )
  assert.deepEqual(
    rig.list().map(({ template, clientPort }) => [template, clientPort]),
    [[true, 0]],
  )
})

test('without a real server the client hears of it', () => {
  const rig = balanced('')
  for (const host of [1, 2]) rig.run(`ipvsadm -e -u ${VIP}:53 -r ${web(host)} -m -w 0`)
  assert.equal(rig.send(ask)![9], 1)
  assert.equal(rig.drops().noDestination, 1)
})
