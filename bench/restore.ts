/**
 * `ipvsadm -R` and `-S` of 10 000 services with 10 real servers each, by a real director: saved to disk, compiled,
 * installed, steered. A fresh one in each round.
 */
import { Lab } from '../test/netns/lab.js'
import { median } from './median.js'
import { processorOf } from './processor.js'

export interface RestoreRow {
  command: string
  /** Seconds from outside, and processor seconds of command and director together. */
  median: number
  least: number
  processor: number
}

const SERVICES = 10_000
const SERVERS = 10
const COMMANDS = ['ipvsadm -R', 'ipvsadm -S -n']
const TIMEOUT_MS = 120_000

const dotted = (first: number, n: number): string => `${first}.${n >> 16}.${(n >> 8) & 255}.${n & 255}`

/** Real servers at scattered addresses. */
const server = (n: number): string => `${dotted(11, (Math.imul(n, 0x9e3779b1) >>> 8) & 0xffffff)}:8080`

const lines = (): string[] =>
  Array.from({ length: SERVICES }, (_, n) => {
    const service = `-t ${dotted(10, n)}:80`
    const add = (i: number) => `-a ${service} -r ${server(n * SERVERS + i)} -m -w 1`
    return [`-A ${service} -s wlc`, ...Array.from({ length: SERVERS }, (_, i) => add(i))]
  }).flat()

interface Took {
  seconds: number
  processor: number
}

export async function measureRestore(rounds: number): Promise<RestoreRow[]> {
  const input = `${lines().join('\n')}\n`
  const took: Took[][] = []
  for (let round = 0; round < rounds; round++) took.push(await measureOnce(input))
  return COMMANDS.map((command, i) => ({
    command,
    median: median(took.map((round) => round[i].seconds)),
    least: Math.min(...took.map((round) => round[i].seconds)),
    processor: median(took.map((round) => round[i].processor)),
  }))
}

async function measureOnce(input: string): Promise<Took[]> {
  const lab = await Lab.open(`fullnat-bench-${process.pid}-restore`)
  try {
    await lab.must('', ['fullnat', 'up'])
    const { pid } = JSON.parse(await lab.must('', ['fullnat', 'status', '--json']))
    const took: Took[] = []
    for (const command of COMMANDS) took.push(await time(lab, pid, command, input))
    const saved = await lab.must('', COMMANDS[1].split(' '))
    if (saved.length !== input.length) throw new Error('what was restored is not what was saved')
    return took
  } finally {
    await lab.close()
  }
}

/** bash says what its child used; the director's use is the difference between before and after. */
async function time(lab: Lab, pid: number, command: string, input: string): Promise<Took> {
  const before = await processorOf(lab, pid)
  const line = `TIMEFORMAT='%R %U %S'; time ${command} 2>&1 >/dev/null`
  const { status, stderr } = await lab.run('', ['bash', '-c', line], { input, timeoutMs: TIMEOUT_MS })
  const [seconds, user, system] = stderr.trim().split(' ').map(Number)
  if (status !== 0 || !(seconds >= 0)) throw new Error(`${command}: status ${status}: ${stderr}`)
  return { seconds, processor: user + system + (await processorOf(lab, pid)) - before }
}
