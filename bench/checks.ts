/** What a thousand checks a second cost the director: one service of a thousand real servers, all of them one nginx. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '../test/netns/lab.js'
import { flat, flatPlan } from '../test/netns/topology.js'
import type { OperateRow } from './operate.js'
import { processorOf } from './processor.js'
import { startServers, WEB_PORT } from './systems.js'

const SERVERS = 1000
const SETTLE_MS = 8000
const MEASURED_S = 20
const plan = flatPlan[4]
const service = `${plan.vip}:${WEB_PORT}`
const addressOf = (n: number): string => `10.9.${n >> 8}.${n & 255}`

export async function measureChecks(): Promise<OperateRow[]> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-checks`)
  try {
    const { director, servers } = await flat(lab)
    await startServers(servers[0])
    await servers[0].must('ip route add local 10.9.0.0/16 dev lo')
    await director.must(`ip route add 10.9.0.0/16 via ${plan.server(1)} && fullnat up`)
    const added = Array.from({ length: SERVERS }, (_, n) => `-a -t ${service} -r ${addressOf(n)}:${WEB_PORT} -m`)
    await director.must('ipvsadm -R', { input: [`-A -t ${service} -s rr`, ...added].join('\n') })
    await director.must(`iptables -t nat -A POSTROUTING -m ipvs --ipvs -j SNAT --to-source ${plan.director}`)
    const { pid } = JSON.parse(await director.must('fullnat status --json'))
    const rows: OperateRow[] = []
    for (const kind of ['tcp', 'http']) {
      const check = { kind, intervalMs: 1000, timeoutMs: 900 }
      await director.must(
        `fullnat api PUT /v1/services/tcp:${service}/health '${JSON.stringify({ health: { checks: [check] } })}'`,
      )
      await sleep(SETTLE_MS)
      const before = await processorOf(lab, pid)
      await sleep(MEASURED_S * 1000)
      const percent = (100 * ((await processorOf(lab, pid)) - before)) / MEASURED_S
      const up = Number(await director.must(`ipvsadm -ln | grep -c 'Masq    1 '`))
      if (up !== SERVERS) throw new Error(`${SERVERS - up} of ${SERVERS} servers count as down`)
      rows.push({ what: `${SERVERS} checks by ${kind} a second`, unit: '% of a core', median: percent, worst: percent })
    }
    return rows
  } finally {
    await lab.close()
  }
}
