/** Real servers that die and come back under load, and maintenance: who takes connections, and what is said of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { balance, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { sleep } from './network.js'
import { flat, flatPlan } from './topology.js'

const { vip, server } = flatPlan[4]
const SERVICE = `tcp:${vip}:80`
const CHECKS = JSON.stringify({
  health: { checks: [{ kind: 'http', path: '/', intervalMs: 1000, timeoutMs: 500, fall: 2, rise: 2 }] },
})

for (const datapath of ['tun', 'ebpf'])
  test(
    `${datapath}: a server that dies takes nothing after three seconds, and is back when it is`,
    inLab(),
    async (t) => {
      const { clients, director, servers } = await openBed(t, flat)
      await director.must(`fullnat down && fullnat up --datapath=${datapath}`)
      await balance(director, flatPlan[4], { port: 80 })
      await translateSource(director, flatPlan[4], 80)
      await director.must(`fullnat api PUT /v1/services/${SERVICE}/health '${CHECKS}'`)
      const names = async (requests: number): Promise<Set<string>> => {
        const line = `for n in $(seq ${requests}); do curl -s --max-time 1 ${url(vip, 80)}; done; true`
        return new Set((await clients[0].must(line, { timeoutMs: 20_000 })).trim().split('\n').filter(Boolean))
      }
      assert.equal((await names(8)).size, 2, 'both servers answer')
      const dead = server(1)
      await servers[0].must(
        `nft 'add table inet gone; add chain inet gone in { type filter hook input priority 0; }; add rule inet gone in tcp dport 80 drop'`,
      )
      await sleep(3500)
      const failed = await clients[0].must(
        `for n in $(seq 20); do curl -sS --max-time 1 ${url(vip, 80)} 2>&1 || true; done`,
        {
          timeoutMs: 30_000,
        },
      )
      assert.doesNotMatch(failed, /curl:/, 'no request goes to it')
      const listing = await director.must('ipvsadm -ln')
      assert.match(listing, new RegExp(`${dead.replaceAll('.', '\\.')}:80 +Masq +0 `))
      const health = JSON.parse(await director.must('fullnat api GET /v1/health'))
      assert.match(JSON.stringify(health), /no answer within \d+ ms/)
      await servers[0].must('nft delete table inet gone')
      await sleep(4000)
      assert.equal((await names(8)).size, 2, 'both servers answer again')
      await director.must(`fullnat drain ${dead}`)
      assert.equal((await names(8)).size, 1, 'one drains')
      assert.match(await director.must('fullnat health'), /:80 {2}drain {2}weight 0 of 1/)
      await director.must(`fullnat online ${dead}:80`)
      assert.equal((await names(8)).size, 2, 'and takes connections again')
      assert.equal((await director.run('fullnat halt 192.0.2.99')).status, 1)
    },
  )
