/** iperf3 and wrk through each system in turn, round after round: single figures are noise, ratios in a round are not. */
import { readFileSync } from 'node:fs'
import { generate } from './generator.js'
import { median } from './median.js'
import { type Bench, FORWARDS, IPERF_PORT, open, WEB_PORT } from './systems.js'

export interface NetworkRow {
  system: string
  measure: string
  unit: string
  rounds: number[]
  median: number
  /** Median over the rounds of (this system / the first in the same round). */
  ratio: number
}

const CONNECTIONS = 32
/** Payload of a small datagram. */
const SMALL = 64

/** What one run tells: a figure for each of the measure's units. */
interface Measure {
  name: string
  units: string[]
  /** Whether packets are forwarded, not bytes copied: a proxy has none of it. */
  forwards: boolean
  run: (bench: Bench, seconds: number) => Promise<number[]>
}

const wrk = async ({ client, target }: Bench, seconds: number, header: string): Promise<number[]> => {
  const before = busySeconds()
  const line = `wrk -t1 -c${CONNECTIONS} -d${seconds}s --latency ${header} http://${target}:${WEB_PORT}/`
  const text = await client.must(line, { timeoutMs: (seconds + 20) * 1000 })
  const busy = busySeconds() - before
  const requests = Number(/(\d+) requests in/.exec(text)![1])
  return [requestsPerSecond(text), latencyMs(text, 50), latencyMs(text, 99), (busy / requests) * 1e6]
}

/** Of all processors, whatever they did: clients and servers are the same for every system (proc(5), /proc/stat). */
function busySeconds(): number {
  const [user, nice, system, , , interrupts, soft] = readFileSync('/proc/stat', 'latin1')
    .split('\n')[0]
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + interrupts + soft) / 100
}

const HTTP_UNITS = ['requests/s', 'ms, median latency', 'ms, 99th percentile', 'CPU seconds per million requests']

const MEASURES: Measure[] = [
  {
    name: 'iperf3, one stream',
    units: ['Gbit/s'],
    forwards: false,
    run: async ({ client, target }, seconds) => {
      const text = await client.must(`iperf3 -J -c ${target} -p ${IPERF_PORT} -t ${seconds}`, {
        timeoutMs: (seconds + 20) * 1000,
      })
      return [JSON.parse(text).end.sum_received.bits_per_second / 1e9]
    },
  },
  {
    name: `UDP, ${SMALL} bytes`,
    units: ['packets/s received'],
    forwards: true,
    run: async ({ client, target }, seconds) => {
      const line = `iperf3 -J -u -b 0 -l ${SMALL} -c ${target} -p ${IPERF_PORT} -t ${seconds}`
      const { sum } = JSON.parse(await client.must(line, { timeoutMs: (seconds + 20) * 1000 })).end
      return [(sum.packets - sum.lost_packets) / sum.seconds]
    },
  },
  { name: 'HTTP keep-alive', units: HTTP_UNITS, forwards: false, run: (bench, seconds) => wrk(bench, seconds, '') },
  {
    name: 'HTTP Connection: close',
    units: HTTP_UNITS,
    forwards: false,
    run: (bench, seconds) => wrk(bench, seconds, `-H 'Connection: close'`),
  },
]

function requestsPerSecond(text: string): number {
  const failed = /Socket errors:.*|Non-2xx.*/.exec(text)
  const closes = /connect 0, read \d+, write 0, timeout 0/
  if (failed && !closes.test(failed[0])) console.error(`wrk: ${failed[0]}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(text)![1])
}

/** wrk says `99%    1.23ms`, or us or s. */
function latencyMs(text: string, percent: number): number {
  const [, number, unit] = new RegExp(`${percent}%\\s+([\\d.]+)(us|ms|s)`).exec(text)!
  return Number(number) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']
}

/** What the kernel's own generator sends costs the sender least; not every kernel has it. */
const GENERATED: Measure = {
  name: `UDP by pktgen, ${SMALL} bytes`,
  units: ['packets/s received'],
  forwards: true,
  run: async (bench, seconds) => [await generate(bench, seconds, SMALL)],
}

/** The first of `systems` is what all are compared with. */
export async function measureNetwork(
  systems: string[],
  rounds: number,
  seconds: number,
  generator: boolean,
): Promise<NetworkRow[]> {
  const benches: Bench[] = []
  try {
    for (const name of systems) benches.push(await open(name))
    const rows: NetworkRow[] = []
    for (const measure of generator ? [GENERATED, ...MEASURES] : MEASURES)
      rows.push(...(await interleave(measure, benches, rounds, seconds)))
    return rows
  } finally {
    for (const { lab } of benches) await lab.close()
  }
}

async function interleave(measure: Measure, all: Bench[], rounds: number, seconds: number): Promise<NetworkRow[]> {
  const benches = all.filter(({ name }) => !measure.forwards || FORWARDS(name))
  const results = benches.map(() => [] as number[][])
  for (const bench of benches) await measure.run(bench, 1)
  for (let round = 0; round < rounds; round++) {
    for (const [i, bench] of benches.entries()) results[i].push(await measure.run(bench, seconds))
    process.stderr.write(`fullnat: ${measure.name}, round ${round + 1} of ${rounds}\n`)
  }
  return measure.units.flatMap((unit, which) =>
    benches.map(({ name }, i) => {
      const figures = results[i].map((run) => run[which])
      return {
        system: name,
        measure: measure.name,
        unit,
        rounds: figures,
        median: median(figures),
        ratio: median(figures.map((value, round) => value / results[0][round][which])),
      }
    }),
  )
}
