/** iperf3 and wrk through each system in turn, round after round: single figures are noise, ratios in a round are not. */
import { median } from './median.js'
import { type Bench, IPERF_PORT, open, SYSTEMS, WEB_PORT } from './systems.js'

export interface NetworkRow {
  system: string
  measure: string
  unit: string
  rounds: number[]
  median: number
  /** Median over the rounds of (this system / plain forwarding in the same round). */
  ratio: number
}

const CONNECTIONS = 32

interface Measure {
  name: string
  unit: string
  run: (bench: Bench, seconds: number) => Promise<number>
}

const wrk = async ({ client, target }: Bench, seconds: number, header: string): Promise<string> =>
  client.must(`wrk -t1 -c${CONNECTIONS} -d${seconds}s --latency ${header} http://${target}:${WEB_PORT}/`, {
    timeoutMs: (seconds + 20) * 1000,
  })

const MEASURES: Measure[] = [
  {
    name: 'iperf3, one stream',
    unit: 'Gbit/s',
    run: async ({ client, target }, seconds) => {
      const text = await client.must(`iperf3 -J -c ${target} -p ${IPERF_PORT} -t ${seconds}`, {
        timeoutMs: (seconds + 20) * 1000,
      })
      return JSON.parse(text).end.sum_received.bits_per_second / 1e9
    },
  },
  {
    name: 'HTTP keep-alive',
    unit: 'requests/s',
    run: async (bench, seconds) => requestsPerSecond(await wrk(bench, seconds, '')),
  },
  {
    name: 'HTTP Connection: close',
    unit: 'requests/s',
    run: async (bench, seconds) => requestsPerSecond(await wrk(bench, seconds, `-H 'Connection: close'`)),
  },
]

function requestsPerSecond(text: string): number {
  const failed = /Socket errors:.*|Non-2xx.*/.exec(text)
  const closes = /connect 0, read \d+, write 0, timeout 0/
  if (failed && !closes.test(failed[0])) console.error(`wrk: ${failed[0]}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1])
}

export async function measureNetwork(rounds: number, seconds: number): Promise<NetworkRow[]> {
  const names = Object.keys(SYSTEMS)
  const benches: Bench[] = []
  try {
    for (const name of names) benches.push(await open(name))
    const rows: NetworkRow[] = []
    for (const measure of MEASURES) rows.push(...(await interleave(measure, benches, rounds, seconds)))
    return rows
  } finally {
    for (const { lab } of benches) await lab.close()
  }
}

async function interleave(measure: Measure, benches: Bench[], rounds: number, seconds: number): Promise<NetworkRow[]> {
  const results = benches.map(() => [] as number[])
  for (const bench of benches) await measure.run(bench, 1)
  for (let round = 0; round < rounds; round++) {
    for (const [i, bench] of benches.entries()) results[i].push(await measure.run(bench, seconds))
    process.stderr.write(`fullnat: ${measure.name}, round ${round + 1} of ${rounds}\n`)
  }
  return benches.map(({ name }, i) => ({
    system: name,
    measure: measure.name,
    unit: measure.unit,
    rounds: results[i],
    median: median(results[i]),
    ratio: median(results[i].map((value, round) => value / results[0][round])),
  }))
}
