/**
 * What a request must look like: every command, field by field, before the director sees it.
 *
 * Types stay those of commands/command.ts; a kind that is missing here does not compile.
 */
import type { Command, Counters, DestinationChoice, TableChange } from '../commands/command.js'
import { Failure } from '../failure/failure.js'
import { byKind, list, oneOf, orNull, record, texts, truth, whole } from '../store/check.js'
import { desired } from '../store/desired-shape.js'
import { address, count, family, port } from '../store/field.js'
import * as health from '../store/health-shape.js'
import * as shape from '../store/shape.js'
import type { Question } from './explanation-view.js'

const table = { table: shape.tableName, family: family }
const onChain = { ...table, chain: shape.chainName }
const onAnyChain = { ...table, chain: orNull(shape.chainName) }
const counters = { packets: count, bytes: count }
const at = whole(1, Number.MAX_SAFE_INTEGER)
const rule = shape.ruleSpec
const serviceChange = { key: shape.serviceKey, options: shape.serviceOptions }
const destination = { service: shape.serviceKey, key: shape.destinationKey }
const destinationChange = { ...destination, options: shape.destinationOptions }

const tableChange = {
  'rule.append': { ...onChain, rule, ...counters },
  'rule.insert': { ...onChain, at, rule, ...counters },
  'rule.replace': { ...onChain, at, rule, ...counters },
  'rule.delete': { ...onChain, rule },
  'rule.deleteAt': { ...onChain, at },
  'rule.check': { ...onChain, rule },
  'chain.new': onChain,
  'chain.restore': onChain,
  'chain.delete': onAnyChain,
  'chain.rename': { ...onChain, to: shape.chainName },
  'chain.flush': onAnyChain,
  'chain.policy': { ...onChain, policy: shape.policy, counters: orNull(record<Counters>(counters)) },
  'chain.zero': { ...onAnyChain, at: orNull(at) },
}

const command = byKind<Command>({
  'service.add': serviceChange,
  'service.edit': serviceChange,
  'service.delete': { key: shape.serviceKey },
  'service.flush': {},
  'destination.add': destinationChange,
  'destination.edit': destinationChange,
  'destination.delete': destination,
  'timeouts.set': { timeouts: shape.timeouts },
  'service.zero': { key: orNull(shape.serviceKey) },
  'health.set': { key: shape.serviceKey, health: orNull(health.health) },
  'destination.checks': { ...destination, checks: orNull(health.checks) },
  'destination.admin': {
    service: orNull(shape.serviceKey),
    key: record<DestinationChoice>({ address: orNull(address), port: orNull(port) }),
    admin: health.admin,
    honourPersistence: truth,
  },
  'alerts.set': { alerts: health.alerts },
  'settings.set': { settings: texts },
  'daemon.start': { role: shape.daemonRole, daemon: shape.daemon },
  'daemon.stop': { role: shape.daemonRole },
  'config.apply': { desired },
  ...tableChange,
  'table.batch': { ...table, flush: truth, changes: list(byKind<TableChange>(tableChange)) },
})
const commands = list(command)

const question = record<Question>({
  protocol: oneOf('tcp', 'udp', 'sctp'),
  client: address,
  clientPort: port,
  virtual: address,
  virtualPort: port,
})

/** Failure('bad-request') names the first field that is wrong. */
export function parseQuestion(body: unknown): Question {
  const complaint = question(body)
  if (complaint !== '') throw new Failure('bad-request', complaint.replace(/^\./, ''))
  return body as Question
}

/** The commands of a request's body; Failure('bad-request') names the first field that is wrong. */
export function parseCommands(body: unknown): Command[] {
  const complaint = commands(body)
  if (complaint !== '') throw new Failure('bad-request', `commands${complaint}`)
  return body as Command[]
}

/** One that was put together by a route; Failure('bad-request') names the first field that is wrong. */
export function parseCommand(made: object): Command {
  const complaint = command(made)
  if (complaint !== '') throw new Failure('bad-request', complaint.replace(/^\./, ''))
  return made as Command
}
