/**
 * npm run bench [-- --rounds N] [--seconds N] [--json FILE] [--engine-only | --network-only | --service-only | --reuse-only
 *                      | --operate-only | --listing-only | --checks-only | --apply-only | --program-only]
 * npm run bench -- --reuse-only [--reuse-seconds N] [--reuse-ports '1 024'|all]
 * npm run bench -- --engine-against CHECKOUT [--rounds N]     the engine of this build against that of another, in turn
 *
 * Prints a table and writes the same as JSON (dist/bench.json unless told otherwise).
 */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { BURST } from '../src/io/port.js'
import { measureAgainst } from './against.js'
import { measureApply } from './apply.js'
import { measureChecks } from './checks.js'
import { measureCommands } from './command.js'
import { measureEngine } from './engine.js'
import { measureListing } from './listing.js'
import { measureNetwork } from './network.js'
import { measureOperate } from './operate.js'
import * as print from './print.js'
import { measureProgram } from './program-run.js'
import { measureRestore } from './restore.js'
import { measureReuse, type Ports, REUSE_SYSTEMS } from './reuse.js'
import { measureServices } from './service.js'
import { SYSTEMS } from './systems.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string', default: 'dist/bench.json' },
    'engine-only': { type: 'boolean', default: false },
    'network-only': { type: 'boolean', default: false },
    'service-only': { type: 'boolean', default: false },
    'reuse-only': { type: 'boolean', default: false },
    'operate-only': { type: 'boolean', default: false },
    'program-only': { type: 'boolean', default: false },
    'listing-only': { type: 'boolean', default: false },
    'checks-only': { type: 'boolean', default: false },
    'apply-only': { type: 'boolean', default: false },
    'reuse-ports': { type: 'string', default: '1 024' },
    'reuse-seconds': { type: 'string', default: '10' },
    'engine-against': { type: 'string' },
  },
})

const COMMAND_ROUNDS = 25
/** Long enough for each port to be used many times. */
const REUSE_SECONDS = Number(values['reuse-seconds'])
const FLOWS = [1000, 65_536, 1_000_000]

if (values['engine-against'] !== undefined) {
  print.against(measureAgainst(values['engine-against'], FLOWS, BURST, Number(values.rounds)))
  process.exit()
}
/** A part is measured unless another one alone was asked for. */
const PARTS = [
  'engine-only',
  'service-only',
  'network-only',
  'reuse-only',
  'operate-only',
  'listing-only',
  'checks-only',
  'apply-only',
  'program-only',
] as const
const alone = PARTS.find((part) => values[part])
const wanted = (part: (typeof PARTS)[number]): boolean => alone === undefined || alone === part

const engine = wanted('engine-only') ? measureEngine(FLOWS, Number(values.rounds)) : []
if (engine.length > 0) print.engine(engine)
const services = wanted('service-only') ? measureServices() : null
if (services) print.services(services)
const restore = wanted('service-only') ? await measureRestore(Number(values.rounds)) : []
print.restore(restore)
const network = wanted('network-only')
  ? await measureNetwork(SYSTEMS, Number(values.rounds), Number(values.seconds), false)
  : []
print.network(network)
const commands = wanted('network-only') ? await measureCommands(COMMAND_ROUNDS) : []
print.commands(commands)
const reuse = wanted('reuse-only')
  ? await measureReuse(REUSE_SYSTEMS, [values['reuse-ports'] as Ports], REUSE_SECONDS)
  : []
print.reuse(reuse, REUSE_SECONDS)
const operate = [
  ...(wanted('operate-only') ? await measureOperate() : []),
  ...(wanted('listing-only') ? await measureListing() : []),
  ...(wanted('checks-only') ? await measureChecks() : []),
  ...(wanted('apply-only') ? await measureApply() : []),
]
print.operate(operate)
const program = wanted('program-only') ? await measureProgram() : []
print.program(program)
const machine = { cpu: cpus()[0].model, cores: cpus().length, kernel: release(), node: process.version }
writeFileSync(
  values.json,
  `${JSON.stringify({ date: new Date().toISOString(), machine, engine, services, restore, network, commands, reuse, operate, program }, null, 1)}\n`,
)
console.log(`\nwritten to ${values.json}`)
