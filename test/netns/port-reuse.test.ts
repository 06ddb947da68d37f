/**
 * Three client hosts, one source address with 64 ports, one real server that closes first: with real TIME_WAIT at its
 * side, and each port used again several times a second, every connection is taken at the first SYN.
 */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { endpoint, FAMILIES, url } from './bed.js'
import { inLab, Lab } from './lab.js'
import { addBridge, addHost, type Host, isIpv6 } from './network.js'
import { type Family, flatPlan } from './topology.js'

const PORT = 8080
const WEB_PORT = 80
const BULK = 10_000_000
/** Of each client. */
const CONNECTIONS = 400
/** All together well below the ports there are: what is in use cannot be used again. */
const AT_A_TIME = 8
const CLIENTS = [1, 2, 3]

interface Bed {
  clients: Host[]
  director: Host
  server: Host
}

async function open(t: TestContext, family: Family): Promise<Bed> {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await addBridge(lab, 'lan')
  const { client, director, vip, server, length } = flatPlan[family]
  const host = (name: string, ...addresses: string[]) =>
    addHost(lab, name, { bridge: 'lan', addresses: addresses.map((address) => `${address}/${length}`) })
  const clients = await Promise.all(CLIENTS.map((n) => host(`client${n}`, client(n))))
  const bed = { clients, director: await host('director', director, vip), server: await host('web', server(1)) }
  await bed.server.serve('closing-server.js', PORT)
  await bed.server.serve('web-server.js', 'web', WEB_PORT)
  await bed.director.must('fullnat up')
  for (const port of [PORT, WEB_PORT]) {
    const service = `-t ${endpoint(vip, port)}`
    await bed.director.must(`ipvsadm -A ${service} -s rr && ipvsadm -a ${service} -r ${endpoint(server(1), port)} -m`)
  }
  const tables = isIpv6(vip) ? 'ip6tables' : 'iptables'
  const source = endpoint(director, 20_000)
  await bed.director.must(`${tables} -t nat -A POSTROUTING -p tcp -m ipvs --ipvs -j SNAT --to-source ${source}-20063`)
  return bed
}

async function loseSome(host: Host, match: string): Promise<void> {
  const chain = `type filter hook input priority 0; ${match} numgen random mod 50 0 drop;`
  await host.must('nft -f -', { input: `table inet lossy {\nchain in { ${chain} }\n}\n` })
}

async function takenEarly(director: Host): Promise<number> {
  return Number(/source ports +(\d+) taken early/.exec(await director.must('fullnat status'))?.[1] ?? 0)
}

async function counter(host: Host, name: string): Promise<number> {
  const text = await host.must(`nstat -asz ${name}`)
  return Number(new RegExp(`^${name}\\s+(\\d+)`, 'm').exec(text)![1])
}

const CASES: [string, number[]][] = [
  ['all with timestamps', []],
  ['none with timestamps', [0, 1, 2]],
  ['one of three without timestamps', [1]],
]

for (const family of FAMILIES) {
  for (const [name, without] of CASES) {
    test(`IPv${family}, ${name}: no SYN is refused in TIME_WAIT`, inLab(), async (t) => {
      const { clients, director, server } = await open(t, family)
      for (const n of without) await clients[n].must('sysctl -qw net.ipv4.tcp_timestamps=0')
      const line = `node dist/test/netns/closing-client.js ${flatPlan[family].vip} ${PORT} ${CONNECTIONS} ${AT_A_TIME}`
      const reports = await Promise.all(clients.map((client) => client.must(line, { timeoutMs: 50_000 })))
      for (const report of reports) {
        const { served, faults } = JSON.parse(report)
        assert.deepEqual([served, faults], [CONNECTIONS, {}])
      }
      t.diagnostic(reports.join(''))
      for (const client of clients) assert.equal(await counter(client, 'TcpExtTCPSynRetrans'), 0)
      assert.equal(await counter(server, 'TcpExtPAWSTimewait'), 0)
      assert.ok((await takenEarly(director)) > CONNECTIONS)
    })
  }
  test(`IPv${family}: bulk goes through moved numbers both ways, losses and all`, inLab(), async (t) => {
    const { clients, director, server } = await open(t, family)
    const target = url(flatPlan[family].vip, WEB_PORT)
    const close = `-sS -g --max-time 20 -H 'Connection: close'`
    for (let round = 0; round < 70; round += 10)
      await clients[(round / 10) % 3].must(
        `for n in $(seq 10); do curl ${close} -o /dev/null '${target}' || exit; done`,
      )
    assert.ok((await takenEarly(director)) > 0)
    for (const client of clients) await loseSome(client, 'tcp sport 80')
    await loseSome(server, 'tcp dport 80')
    const before = await takenEarly(director)
    for (const client of clients) {
      const size = await client.must(`curl ${close} -o /dev/null -w '%{size_download}' '${target}bytes/${BULK}'`)
      assert.equal(Number(size), BULK)
      const put = `head -c ${BULK} /dev/urandom | curl ${close} -T - '${target}up'`
      assert.equal(await client.must(put, { timeoutMs: 30_000 }), `web received ${BULK}\n`)
      assert.equal(await counter(client, 'TcpInCsumErrors'), 0)
    }
    assert.equal(await counter(server, 'TcpInCsumErrors'), 0)
    assert.equal((await takenEarly(director)) - before, 6)
    // Each side heard SACK blocks that it took for its own: the server about downloads, a client about its upload.
    assert.ok((await counter(server, 'TcpExtTCPSackRecovery')) > 0)
    const recoveries = await Promise.all(clients.map((client) => counter(client, 'TcpExtTCPSackRecovery')))
    assert.ok(Math.max(...recoveries) > 0)
  })
}
