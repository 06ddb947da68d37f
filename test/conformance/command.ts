/** Command files as cases: each line is one. */
import { iptables } from '../compat/iptables-suite.js'
import { ipvsadm } from '../compat/ipvsadm-suite.js'
import { type CommandCase, oracleIsHere, play, type Suite } from '../compat/suite.js'
import type { Result } from './result.js'

export async function commandResults(): Promise<Result[]> {
  const results: Result[] = []
  for (const suite of [ipvsadm, iptables]) results.push(...(await suiteResults(suite)))
  return results
}

async function suiteResults(suite: Suite): Promise<Result[]> {
  const results: Result[] = []
  const files = [
    ...(oracleIsHere ? suite.oracle.map((name) => ['oracle', name] as const) : []),
    ...suite.ours.map((name) => ['ours', name] as const),
  ]
  for (const [whose, name] of files) {
    const group = whose === 'ours' ? name : `oracle/${name}`
    results.push(...(await play(suite, whose, name)).map((one) => resultOf(group, one)))
  }
  return results
}

const resultOf = (group: string, { line, real, answered, expected, reason }: CommandCase): Result => ({
  group,
  name: line,
  equal: answered === real,
  reason: answered === expected ? reason : '',
  real,
  fullnat: answered,
})
