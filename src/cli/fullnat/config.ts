/** `fullnat validate | plan | diff | apply FILE`, `fullnat rollback`, `fullnat export`: the configuration file. */
import { readFileSync } from 'node:fs'
import { call } from '../../api/client.js'
import type { ServicesView } from '../../api/routes.js'
import { type Live, liveKey, type Plan, planOf, planText } from '../../config/plan.js'
import { type Problem, problemText } from '../../config/problem.js'
import { readConfig } from '../../config/read.js'
import { configText } from '../../config/write.js'
import { Failure } from '../../failure/failure.js'
import type { Desired } from '../../model/desired.js'
import { endpointName, serviceName } from '../../model/name.js'
import { isNotRunning } from '../director.js'
import type { DirectorClient } from '../io.js'
import { readRuleLine, writeRuleLine } from '../iptables/config-line.js'
import type { Terminal } from '../terminal.js'
import type { ConfigRequest } from './config-options.js'

const WRONG = 1
/** As diff(1): there is a difference. */
const DIFFERS = 1

export async function config(request: ConfigRequest, director: DirectorClient, io: Terminal): Promise<number> {
  switch (request.command) {
    case 'export':
      io.out(configText(await call<Desired>('GET', '/desired'), writeRuleLine))
      return 0
    case 'rollback':
      return rollback(request.revision, director, io)
    default:
      return ofFile(request, director, io)
  }
}

async function ofFile(
  request: Extract<ConfigRequest, { file: string }>,
  director: DirectorClient,
  io: Terminal,
): Promise<number> {
  const { command, file, json } = request
  const { desired, problems } = readConfig(textOf(file), readRuleLine)
  if (desired === null) return complain(file, problems, json, io)
  if (command === 'validate') {
    io.out(json ? '[]\n' : `${file}: ${sizeOf(desired)}\n`)
    return 0
  }
  const plan = await planned(desired)
  if (command !== 'apply') {
    if (json) io.out(`${JSON.stringify(plan, null, 2)}\n`)
    else
      io.out(
        (command === 'plan' ? planText(plan) : planText({ ...plan, connectionsEnded: 0, warnings: [] })) ||
          `${file}: nothing changes\n`,
      )
    return command === 'diff' && plan.changes.length > 0 ? DIFFERS : 0
  }
  await apply(desired, director)
  io.out((plan.changes.length === 0 ? `${file}: nothing changes\n` : '') + planText(plan))
  return 0
}

function textOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (error) {
    throw new Failure('bad-request', `cannot read ${file}: ${(error as Error).message}`)
  }
}

function complain(file: string, problems: readonly Problem[], json: boolean, io: Terminal): number {
  if (json) io.out(`${JSON.stringify(problems, null, 2)}\n`)
  else
    io.err(
      `${problems.map((problem) => problemText(file, problem)).join('\n')}\nfullnat: ${problems.length} wrong in ${file}; nothing was changed\n`,
    )
  return WRONG
}

function sizeOf({ services, tables }: Desired): string {
  const servers = services.reduce((sum, { destinations }) => sum + destinations.length, 0)
  const rules = tables.flatMap(({ chains }) => chains).reduce((sum, { rules }) => sum + rules.length, 0)
  return `well: ${services.length} services, ${servers} real servers, ${rules} rules`
}

/** Against what runs; where no director runs, against nothing. */
async function planned(desired: Desired): Promise<Plan> {
  try {
    const [before, services] = [await call<Desired>('GET', '/desired'), await call<ServicesView>('GET', '/services')]
    return planOf(before, desired, liveOf(services), writeRuleLine)
  } catch (error) {
    if (!isNotRunning(error)) throw error
    const { desired: nothing } = readConfig('version: 1', readRuleLine)
    return planOf(nothing!, desired, new Map(), writeRuleLine)
  }
}

function liveOf({ services, counters }: ServicesView): Live {
  const byId = new Map(
    counters.flatMap(({ destinations }) => destinations).map((one) => [one.id, one.active + one.inactive]),
  )
  return new Map(
    services.flatMap((service) =>
      service.destinations.map(
        (one) => [liveKey(serviceName(service), endpointName(one)), byId.get(one.id) ?? 0] as const,
      ),
    ),
  )
}

async function apply(desired: Desired, director: DirectorClient): Promise<void> {
  const [result] = await director.commands([{ kind: 'config.apply', desired }])
  if (!result.ok) throw new Failure(result.failure.code, result.failure.message, result.failure.facts)
}

/** To what was before the last configuration, or before one that is named. */
async function rollback(revision: number | null, director: DirectorClient, io: Terminal): Promise<number> {
  const kept = await call<{ revision: number; at: number }[]>('GET', '/kept')
  const chosen = revision ?? kept.at(-1)?.revision
  if (chosen === undefined)
    throw new Failure('bad-request', 'nothing is kept to go back to: no configuration was applied here')
  const desired = await call<Desired>('GET', `/desired?revision=${chosen}`)
  const plan = await planned(desired)
  await apply(desired, director)
  io.out(planText(plan) || 'nothing changes\n')
  io.out(`back to revision ${chosen}; \`fullnat rollback\` again undoes this\n`)
  return 0
}
