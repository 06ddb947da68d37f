/** The two systems that scenarios are played on: fullnat in a laboratory, and real LVS in a machine of its own. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkout, Lab } from '../netns/lab.js'
import { folder, type Scenario } from './scenario.js'

const play = join(folder, 'play.sh')

/** How long the director is listened to after each packet. A patient run is for a machine that is busy. */
export const QUIET_MS = 40
export const PATIENT_MS = 400
/** LVS is done with a packet when it has taken it; only the emulated machine is slow. */
const REAL_QUIET_MS = 80

/** Where real-lvs is looked for: CONFORMANCE_ORACLE, or shared/oracle beside the checkout. */
const oracle = process.env.CONFORMANCE_ORACLE ?? resolve(checkout, '../shared/oracle')
export const realLvs = join(oracle, 'real-lvs')

/** Why real LVS cannot be asked here; '' when it can. */
export function realObstacle(): string {
  if (!existsSync(realLvs)) return `no real-lvs in ${oracle}`
  const found = (process.env.PATH ?? '').split(':').some((bin) => existsSync(join(bin, 'qemu-system-x86_64')))
  return found ? '' : `no qemu-system-x86_64: ${realLvs} --install brings it`
}

export async function onFullnat({ path }: Scenario, quietMs: number): Promise<string> {
  const lab = await Lab.open()
  try {
    const { stdout, stderr } = await lab.run('', ['bash', play, 'fullnat', String(quietMs), path], {
      timeoutMs: 240_000,
      environment: { NODE: process.execPath },
    })
    return body(stdout + stderr)
  } finally {
    await lab.close()
  }
}

/** All in one boot of real LVS's machine: name -> what it printed; `heard` is called with each. */
export async function onReal(list: Scenario[], heard: (scenario: Scenario, output: string) => void): Promise<void> {
  const words = [play, 'real', String(REAL_QUIET_MS), ...list.map(({ path }) => path)]
  const seconds = String(120 + 90 * list.length)
  const environment = { ...process.env, SECONDS_MAX: seconds, NODE: process.execPath, MEM: '2G' }
  const child = spawn(realLvs, words, { cwd: checkout, env: environment, stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  let done = 0
  const hear = (whole: boolean) => {
    const parts = text.split(/^=== .*\n/m).slice(1)
    for (; done < parts.length - (whole ? 0 : 1); done++) heard(list[done], parts[done])
  }
  child.stdout.on('data', (part: Buffer) => {
    text += part.toString()
    hear(false)
  })
  const status = await new Promise<number | null>((end) => child.once('close', end))
  if (status !== 0) throw new Error(`real-lvs ended with status ${status}:\n${text.slice(-2000)}`)
  hear(true)
}

const body = (output: string): string => output.slice(output.indexOf('\n') + 1)
