/** A director of thousands of services: restored, steered by few rules, carried, saved, cleared. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, openBed, sources, translateSource, url } from './bed.js'
import { inLab } from './lab.js'
import { twoArm, twoArmPlan } from './topology.js'

const plan = twoArmPlan[4]
const SERVICES = 5000
const SERVERS = 4
/** Many times what it takes. */
const RESTORE_MS = 60_000

const dotted = (word: number): string => [24, 16, 8, 0].map((shift) => (word >>> shift) & 255).join('.')

/** Services and real servers that are nobody's neighbours. */
function scattered(): string[] {
  const server = (n: number) => `${dotted(0x0b000000 + ((Math.imul(n, 0x9e3779b1) >>> 9) & 0x3fffff))}:80`
  return Array.from({ length: SERVICES }, (_, n) => {
    const service = `-t ${dotted(0x0a000000 + n * 7)}:80`
    return [
      `-A ${service} -s wlc`,
      ...Array.from({ length: SERVERS }, (_, i) => `-a ${service} -r ${server(n * SERVERS + i)} -m -w 1`),
    ]
  }).flat()
}

test('thousands of services', inLab(3 * RESTORE_MS), async (t) => {
  const { clients, director, webs } = await openBed(t, (lab) => twoArm(lab, false))
  const ours = [1, 2].map((n) => `-a -t ${plan.vip}:80 -r ${plan.server(n)}:80 -m -w 1`)
  const lines = [...scattered(), `-A -t ${plan.vip}:80 -s rr`, ...ours]
  await director.must('ipvsadm -R', { input: `${lines.join('\n')}\n`, timeoutMs: RESTORE_MS })
  await translateSource(director, plan, 80)
  assert.ok((await director.must('ip rule')).split('\n').length < 600)

  assert.deepEqual(await ask(clients[0], url(plan.vip, 80), 4), ['web1', 'web1', 'web2', 'web2'])
  for (const web of webs) assert.deepEqual(await sources(web, 2), [plan.director])
  await director.must(`curl -sSf --max-time 5 ${url(plan.server(1), 80)}`) // its own, past the engine and back
  const { status } = await clients[0].run(`curl -s --max-time 5 ${url(plan.vip, 81)}`)
  assert.equal(status, 7) // refused by the host itself

  const saved = await director.must('ipvsadm -S -n', { timeoutMs: RESTORE_MS })
  assert.deepEqual(saved.trim().split('\n').sort(), lines.sort())
  await director.must('ipvsadm -C', { timeoutMs: RESTORE_MS })
  assert.ok((await director.must('ip rule')).split('\n').length < 20)
})
