/** The persistence engine sip on real datagrams: a call stays with its server, whoever sends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, FAMILIES, openBed, translateSource } from './bed.js'
import { inLab } from './lab.js'
import type { Host } from './network.js'
import { flat, flatPlan } from './topology.js'

const PORT = 5060

/** Sends a message of this call from a new port; which server answered, '' if none did. */
async function call(client: Host, address: string, header: string): Promise<string> {
  const message = `INVITE sip:x SIP/2.0\\r\\n${header}\\r\\n\\r\\n`
  // dd: the shell itself would make a datagram of each line.
  const send = `exec 3<>/dev/udp/${address}/${PORT} && printf '${message}' | dd bs=64k iflag=fullblock status=none >&3`
  return (await client.run(`${send} && timeout 1 head -n 1 <&3`)).stdout.split(' ')[0]
}

for (const family of FAMILIES)
  test(`IPv${family}: calls of two clients through SNAT`, inLab(), async (t) => {
    const plan = flatPlan[family]
    const { clients, director, servers } = await openBed(t, flat)
    for (const server of servers) await server.serve('echo.js', 'serve', server.name, PORT)
    const service = `-u ${endpoint(plan.vip, PORT)}`
    await director.must(`ipvsadm -A ${service} -s rr -p 60 --pe sip`)
    for (const n of [1, 2]) await director.must(`ipvsadm -a ${service} -r ${endpoint(plan.server(n), PORT)} -m`)
    await translateSource(director, plan, PORT)
    const [one, two] = [await call(clients[0], plan.vip, 'Call-ID: a@h'), await call(clients[0], plan.vip, 'i: b@h')]
    assert.deepEqual([one, two].sort(), ['web1', 'web2'])
    for (const client of clients) {
      assert.equal(await call(client, plan.vip, 'call-id:a@h'), one)
      assert.equal(await call(client, plan.vip, 'Call-ID: b@h'), two)
    }
    assert.equal(await call(clients[0], plan.vip, 'CSeq: 1 INVITE'), '')
    const listed = await director.must('ipvsadm -Lnc --persistent-conn')
    assert.match(listed, /UDP +\S+ +\S+ +\S+:0 +\S+:5060 +\S+:5060 +sip +a@h\n/)
    assert.match(await director.must('fullnat status'), /unnamed|Call-ID/)
  })
