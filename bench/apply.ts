/** A configuration of ten thousand services, one of them changed: what it costs to plan and to apply it. */
import { Lab } from '../test/netns/lab.js'
import { flat } from '../test/netns/topology.js'
import { median } from './median.js'
import type { OperateRow } from './operate.js'

const SERVICES = 10_000
const ROUNDS = 5
const dotted = (first: number, n: number): string => `${first}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

const text = (weight: number): string =>
  `services:\n${Array.from({ length: SERVICES }, (_, n) => {
    const server = `{server: "${dotted(11, n)}:8080", weight: ${n === SERVICES / 2 ? weight : 1}}`
    return `  - {service: "tcp:${dotted(10, n)}:80", source: 192.0.2.10, servers: [${server}]}\n`
  }).join('')}`

export async function measureApply(): Promise<OperateRow[]> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-apply`)
  try {
    const { director } = await flat(lab)
    await director.must('fullnat up')
    const timed = async (line: string): Promise<number> => {
      const begin = performance.now()
      await director.must(line, { timeoutMs: 120_000 })
      return (performance.now() - begin) / 1000
    }
    for (const weight of [1, 2]) await director.must(`cat >/run/${weight}.yaml`, { input: text(weight) })
    await timed('fullnat apply /run/1.yaml')
    const [plans, applies]: number[][] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      const file = `/run/${(round % 2) + 1 === 1 ? 2 : 1}.yaml`
      plans.push(await timed(`fullnat plan ${file}`))
      applies.push(await timed(`fullnat apply ${file}`))
    }
    return [
      {
        what: `fullnat plan, ${SERVICES} services, one changed`,
        unit: 's',
        median: median(plans),
        worst: Math.max(...plans),
      },
      { what: 'fullnat apply of it', unit: 's', median: median(applies), worst: Math.max(...applies) },
    ]
  } finally {
    await lab.close()
  }
}
