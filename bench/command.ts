/**
 * How long one command takes, with a director running: in turn with an empty node, whose start is most of it.
 *
 * `measureCommands` runs this file again inside the director's namespace; there it times each command from outside.
 */
import { spawnSync } from 'node:child_process'
import { performance } from 'node:perf_hooks'
import { twoArmPlan } from '../test/netns/topology.js'
import { median } from './median.js'
import { open } from './systems.js'

export interface CommandRow {
  command: string
  medianMs: number
  leastMs: number
  /** To an empty node in the same round, median. */
  ratio: number
}

const HERE = '--here'
const { vip, server } = twoArmPlan[4]
/** The last one changes something each time. */
const COMMANDS = [
  () => 'node -e 0',
  () => 'env -u NODE_EXTRA_CA_CERTS node -e 0',
  () => 'ipvsadm -ln',
  () => 'iptables -t nat -S',
  () => 'fullnat status',
  (round: number) => `ipvsadm -e -t ${vip}:80 -r ${server(1)}:80 -m -w ${round + 2}`,
]

function measureHere(rounds: number): CommandRow[] {
  const times = COMMANDS.map(() => [] as number[])
  for (let round = 0; round < rounds; round++)
    for (const [i, command] of COMMANDS.entries()) times[i].push(time(command(round)))
  return COMMANDS.map((command, i) => ({
    command: command(0),
    medianMs: median(times[i]),
    leastMs: Math.min(...times[i]),
    ratio: median(times[i].map((each, round) => each / times[0][round])),
  }))
}

function time(line: string): number {
  const [program, ...words] = line.split(' ')
  const start = performance.now()
  const { status, stderr } = spawnSync(program, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${line}: status ${status}: ${stderr}`)
  return performance.now() - start
}

export async function measureCommands(rounds: number): Promise<CommandRow[]> {
  const { lab } = await open('fullnat (TUN)')
  try {
    const words = [process.execPath, import.meta.filename, HERE, String(rounds)]
    return JSON.parse(await lab.must('director', words, { timeoutMs: rounds * 4000 }))
  } finally {
    await lab.close()
  }
}

if (process.argv[2] === HERE) console.log(JSON.stringify(measureHere(Number(process.argv[3]))))
