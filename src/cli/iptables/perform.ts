/** A request, put to the director: what is shown and what is changed. */
import type { CommandResult, TableView } from '../../api/routes.js'
import type { TableChange, TableCommand } from '../../commands/command.js'
import { Failure } from '../../failure/failure.js'
import type { Chain, TableName } from '../../model/netfilter.js'
import type { CliIo, DirectorClient } from '../io.js'
import type { Names } from '../name/names.js'
import { shownChains, userChains } from './chains.js'
import { Complaint } from './complaint.js'
import { countersById, NO_COUNTERS } from './count.js'
import { refusalOf, unavailable } from './failure-text.js'
import { listing } from './listing.js'
import { namingOf } from './naming.js'
import type { Program } from './program.js'
import type { ListOptions, Request } from './request.js'
import { echo, numericNaming } from './rule-row.js'
import { ruleText } from './rule-text.js'

/** What no chain is called does not pass the director's door: it is as missing as any other. */
const CHAIN_NAME = /^\S+$/

/** Throws Complaint. */
export async function perform(request: Request, program: Program, io: CliIo, names: Names): Promise<void> {
  switch (request.kind) {
    case 'text':
      io.out(request.text)
      break
    case 'list':
      await list(request, program, io, names)
      break
    case 'change':
      await change(request, program, io)
      break
    case 'nothing':
  }
}

async function change(
  { table, changes, verbose }: Omit<Extract<Request, { kind: 'change' }>, 'kind'>,
  program: Program,
  io: CliIo,
): Promise<void> {
  const chatter = verbose ? await chatterOf(table, changes, program, io.director) : ''
  await send(table, changes, false, program, io.director)
  io.out(chatter)
}

/** All of them or none; `refused` hears first which one it was that failed. */
export async function send(
  table: TableName,
  changes: TableChange[],
  flush: boolean,
  { family }: Program,
  director: DirectorClient,
  refused: (index: number) => void = () => undefined,
): Promise<void> {
  const impossible = changes.findIndex(({ chain }) => chain !== null && !CHAIN_NAME.test(chain))
  if (impossible >= 0) {
    refused(impossible)
    throw refusalOf(changes[impossible], { code: 'chain-missing', message: '', facts: {} })
  }
  const isSingle = changes.length === 1 && !flush
  const command: TableCommand = isSingle ? changes[0] : { kind: 'table.batch', table, family, flush, changes }
  const [result] = await asking<CommandResult[]>(() => director.commands([command]))
  if (result.ok) return
  const index = isSingle ? 0 : result.failure.facts.index
  if (typeof index !== 'number') throw unavailable(result.failure)
  refused(index)
  throw refusalOf(changes[index], result.failure)
}

/** The director's own failures, in the tool's words. */
export async function asking<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw error instanceof Failure ? unavailable(error) : error
  }
}

async function list(
  { table, form, options, zero }: Extract<Request, { kind: 'list' }>,
  program: Program,
  io: CliIo,
  names: Names,
): Promise<void> {
  const view = await asking(() => io.director.table(table, program.family))
  const chains = options.chain === null ? shownChains(view.table) : [chainOf(view, options.chain)]
  if (form === 'rules') io.out(rulesText(view, chains, options, program, names))
  else io.out(listing(view, chains, options, await namingOf(chains, options, program, names)))
  if (zero) await change({ table, changes: [zero], verbose: options.verbose }, program, io)
}

function chainOf({ table }: TableView, name: string): Chain {
  const chain = table.chains.find((one) => one.name === name)
  if (!chain)
    throw new Complaint('incompatible', `chain \`${name}' in table \`${table.name}' is incompatible, use 'nft' tool.`)
  return chain
}

/** `-S`: policies and chains first, then the rules of all of them. */
function rulesText(
  view: TableView,
  chains: readonly Chain[],
  options: ListOptions,
  program: Program,
  names: Names,
): string {
  const counters = countersById(view)
  const rules = chains.flatMap((chain) =>
    chain.rules.map((rule) => {
      const shown = options.verbose ? (counters.get(rule.id) ?? rule) : null
      return `${ruleText(chain.name, rule, program.family, names.protocols, shown)}\n`
    }),
  )
  if (options.at !== null) return rules[options.at - 1] ?? ''
  const heads = chains.map(({ id, name, policy }) => {
    if (policy === null) return `-N ${name}\n`
    const { packets, bytes } = counters.get(id) ?? NO_COUNTERS
    return `-P ${name} ${policy}${options.verbose ? ` -c ${packets} ${bytes}` : ''}\n`
  })
  return [...heads, ...rules].join('')
}

/** What -v says of changes that were made. */
export async function chatterOf(
  name: TableName,
  changes: readonly TableChange[],
  { family }: Program,
  director: DirectorClient,
): Promise<string> {
  const isOfAll = changes.some((one) => 'chain' in one && one.chain === null)
  const table = isOfAll ? (await asking(() => director.table(name, family))).table : null
  const each = (verb: string, chain: string | null, all: readonly Chain[]) =>
    (chain === null ? all.map(({ name }) => name) : [chain]).map((name) => `${verb} chain \`${name}'\n`).join('')
  return changes
    .map((one) => {
      switch (one.kind) {
        case 'rule.append':
        case 'rule.insert':
        case 'rule.replace':
        case 'rule.delete':
        case 'rule.check':
          return echo(one.rule, numericNaming(family))
        case 'chain.flush':
          return each('Flushing', one.chain, table ? shownChains(table) : [])
        case 'chain.delete':
          return each('Deleting', one.chain, table ? userChains(table) : [])
        case 'chain.zero':
          return one.at === null ? each('Zeroing', one.chain, table ? shownChains(table) : []) : ''
        default:
          return ''
      }
    })
    .join('')
}
