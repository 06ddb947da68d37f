/**
 * What operating a director costs: started, idle, scraped, with 1 000 services of 10 real servers each.
 *
 * `measureOperate` runs this file again inside the director's namespace to scrape it there.
 */
import { request } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { socketPath } from '../src/api/socket-name.js'
import { Lab } from '../test/netns/lab.js'
import { median } from './median.js'
import { processorOf } from './processor.js'

export interface OperateRow {
  what: string
  unit: string
  median: number
  worst: number
}

const SERVICES = 1000
const SERVERS = 10
const ROUNDS = 10
/** V8 tidies up after the restore for a while. */
const SETTLE_MS = 25_000
const IDLE_S = 30
const SOURCE = '192.0.2.10'
const HERE = '--here'

export async function measureOperate(): Promise<OperateRow[]> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-operate`)
  try {
    const started = await measureStarts(lab)
    const { pid } = JSON.parse(await lab.must('', ['fullnat', 'status', '--json']))
    await lab.must('', ['ipvsadm', '-R'], { input: lines() })
    await lab.must('', `iptables -t nat -A POSTROUTING -m ipvs --ipvs -j SNAT --to-source ${SOURCE}`.split(' '))
    await sleep(SETTLE_MS)
    const idle = await measureIdle(lab, pid)
    const scraped: OperateRow = JSON.parse(await lab.must('', [process.execPath, import.meta.filename, HERE]))
    return [started, idle, scraped]
  } finally {
    await lab.close()
  }
}

/** The last one stays up. */
async function measureStarts(lab: Lab): Promise<OperateRow> {
  const times: number[] = []
  for (let i = 0; i < ROUNDS; i++) {
    await lab.run('', ['fullnat', 'down'])
    const start = performance.now()
    await lab.must('', ['fullnat', 'up'])
    times.push(performance.now() - start)
  }
  return row('`fullnat up`, until it serves', 'ms', times)
}

async function measureIdle(lab: Lab, pid: number): Promise<OperateRow> {
  const before = await processorOf(lab, pid)
  await sleep(IDLE_S * 1000)
  const used = (await processorOf(lab, pid)) - before
  return row(`idle, ${SERVICES} services of ${SERVERS}`, '% of a core', [(100 * used) / IDLE_S])
}

const row = (what: string, unit: string, values: number[]): OperateRow => ({
  what,
  unit,
  median: median(values),
  worst: Math.max(...values),
})

const dotted = (first: number, n: number): string => `${first}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

function lines(): string {
  const all = Array.from({ length: SERVICES }, (_, n) => {
    const service = `-t ${dotted(10, n)}:80`
    const add = (i: number) => `-a ${service} -r ${dotted(11, n * SERVERS + i)}:8080 -m -w 1`
    return [`-A ${service} -s wlc`, ...Array.from({ length: SERVERS }, (_, i) => add(i))]
  })
  return `${all.flat().join('\n')}\n`
}

async function measureHere(): Promise<OperateRow> {
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i <= ROUNDS; i++) {
    const start = performance.now()
    bytes = (await scrape()).length
    if (i > 0) times.push(performance.now() - start)
  }
  return row(`scrape of ${SERVICES} services of ${SERVERS}, ${(bytes / 1e6).toFixed(1)} MB`, 'ms', times)
}

function scrape(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socketPath(), path: '/metrics', agent: false }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part) => parts.push(part))
      response.on('end', () =>
        response.statusCode === 200 ? resolve(Buffer.concat(parts)) : reject(response.statusCode),
      )
    })
    asked.on('error', reject).end()
  })
}

if (process.argv[2] === HERE) console.log(JSON.stringify(await measureHere()))
