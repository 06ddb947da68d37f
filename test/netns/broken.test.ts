/** What the director runs on is taken away under it: it says so, and puts it right by itself. */
import { test } from 'node:test'
import { ask, balance, openBed, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { type Host, until } from './network.js'
import { flat, flatPlan } from './topology.js'

const plan = flatPlan[4]
const DEVICE = 'fullnat0'

const answers = async (client: Host): Promise<boolean> => {
  const { stdout } = await client.run(`curl -sS --max-time 1 ${url(plan.vip, 80)}`)
  return stdout.startsWith('web')
}

for (const [what, line] of [
  ['the device is removed', `ip link del ${DEVICE}`],
  ['the device is set down', `ip link set ${DEVICE} down`],
]) {
  test(`${what}: it is made anew, and clients are served again`, inLab(), async (t) => {
    const { clients, director } = await openBed(t, flat)
    await balance(director, plan, { port: 80 })
    await translateSource(director, plan, 80)
    await ask(clients[0], url(plan.vip, 80), 2)
    await director.must(line)
    await until(() => answers(clients[0]), 'an answer again')
    await ask(clients[1], url(plan.vip, 80), 4)
    await director.must('fullnat status && fullnat down')
  })
}
