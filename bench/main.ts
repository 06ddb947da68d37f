/**
 * npm run bench [-- --rounds N] [--seconds N] [--json FILE] [--engine-only | --network-only | --service-only | --reuse-only
 *                      | --operate-only | --program-only]
 * npm run bench -- --reuse-only [--reuse-seconds N]
 * npm run bench -- --engine-against CHECKOUT [--rounds N]     the engine of this build against that of another, in turn
 *
 * Prints a table and writes the same as JSON (dist/bench.json unless told otherwise).
 */
import { writeFileSync } from 'node:fs'
import { cpus, release } from 'node:os'
import { parseArgs } from 'node:util'
import { BURST } from '../src/io/port.js'
import { type AgainstRow, measureAgainst } from './against.js'
import { type CommandRow, measureCommands } from './command.js'
import { type EngineResult, measureEngine, SLICE } from './engine.js'
import { measureNetwork, type NetworkRow } from './network.js'
import { measureOperate, type OperateRow } from './operate.js'
import { measureProgram, type ProgramRow } from './program-run.js'
import { measureRestore, type RestoreRow } from './restore.js'
import { measureReuse, type ReuseRow } from './reuse.js'
import { measureServices, type ServiceResult } from './service.js'

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
    'reuse-seconds': { type: 'string', default: '10' },
    'engine-against': { type: 'string' },
  },
})

const COMMAND_ROUNDS = 25
/** Long enough for each port to be used many times. */
const REUSE_SECONDS = Number(values['reuse-seconds'])
const FLOWS = [1000, 65_536, 1_000_000]

if (values['engine-against'] !== undefined) {
  printAgainst(measureAgainst(values['engine-against'], FLOWS, BURST, Number(values.rounds)))
  process.exit()
}
/** A part is measured unless another one alone was asked for. */
const PARTS = ['engine-only', 'service-only', 'network-only', 'reuse-only', 'operate-only', 'program-only'] as const
const alone = PARTS.find((part) => values[part])
const wanted = (part: (typeof PARTS)[number]): boolean => alone === undefined || alone === part

const engine = wanted('engine-only') ? measureEngine(FLOWS, Number(values.rounds)) : []
if (engine.length > 0) printEngine(engine)
const services = wanted('service-only') ? measureServices() : null
if (services) printServices(services)
const restore = wanted('service-only') ? await measureRestore(Number(values.rounds)) : []
printRestore(restore)
const network = wanted('network-only') ? await measureNetwork(Number(values.rounds), Number(values.seconds)) : []
printNetwork(network)
const commands = wanted('network-only') ? await measureCommands(COMMAND_ROUNDS) : []
printCommands(commands)
const reuse = wanted('reuse-only') ? await measureReuse(REUSE_SECONDS) : []
printReuse(reuse)
const operate = wanted('operate-only') ? await measureOperate() : []
printOperate(operate)
const program = wanted('program-only') ? await measureProgram() : []
printProgram(program)
const machine = { cpu: cpus()[0].model, cores: cpus().length, kernel: release(), node: process.version }
writeFileSync(
  values.json,
  `${JSON.stringify({ date: new Date().toISOString(), machine, engine, services, restore, network, commands, reuse, operate, program }, null, 1)}\n`,
)
console.log(`\nwritten to ${values.json}`)

function printEngine(rows: EngineResult[]): void {
  console.log(`Engine in memory, one thread, 64-byte packets of random established flows, time of making them included.
Median and best of slices of ${SLICE} packets; at a time: packets handed over in one call, as a port has read them.`)
  console.log(
    '  at a time   connections   M packets/s   ns/packet   vs 1 k   quietest ns   bytes/connection   garbage collections',
  )
  for (const row of rows) {
    const smallest = rows.find(({ burst }) => burst === row.burst)!
    const ratio = row.nanosecondsPerPacket / smallest.nanosecondsPerPacket
    const cells = [
      String(row.burst).padStart(11),
      String(row.connections).padStart(13),
      (1000 / row.nanosecondsPerPacket).toFixed(2).padStart(13),
      row.nanosecondsPerPacket.toFixed(0).padStart(11),
      `${ratio.toFixed(2)}x`.padStart(8),
      row.quietest.toFixed(0).padStart(13),
      row.bytesPerConnection.toFixed(0).padStart(18),
      String(row.collections).padStart(21),
    ]
    console.log(cells.join(' '))
  }
}

function printAgainst(rows: AgainstRow[]): void {
  console.log(
    `Engine in memory, ${BURST} packets at a time: this build, the other, ratio of packets a second (medians)`,
  )
  for (const { connections, nanosecondsPerPacket, ratio } of rows) {
    const times = nanosecondsPerPacket.map((ns) => `${ns.toFixed(0).padStart(7)} ns`)
    console.log(`  ${String(connections).padStart(9)} connections ${times.join(' ')}   ${ratio.toFixed(2)}`)
  }
}

function printServices({ finds, choices, large }: ServiceResult): void {
  console.log('\nServices in memory, processor time (least of several rounds)')
  for (const { services, nanoseconds } of finds)
    console.log(`    one found among ${String(services).padEnd(37)}${nanoseconds.toFixed(0).padStart(8)} ns`)
  for (const { scheduler, amongTen, amongThousand } of choices) {
    const [few, many] = [amongTen, amongThousand].map((each) => `${each.toFixed(2).padStart(8)} us`)
    console.log(`    ${scheduler.padEnd(10)} chooses among 10 real servers, among 1000 ${few}${many}`)
  }
  for (const [work, milliseconds] of Object.entries(large))
    console.log(`    10 000 services of 10: ${work.padEnd(30)}${milliseconds.toFixed(1).padStart(8)} ms`)
}

function printRestore(rows: RestoreRow[]): void {
  if (rows.length > 0)
    console.log('\n10 000 services of 10 real servers, by a director in a namespace, s (median, least; processor time)')
  for (const { command, median, least, processor } of rows) {
    const cells = [median, least, processor].map((each) => each.toFixed(2).padStart(8))
    console.log(`    ${command.padEnd(56)}${cells.join('')}`)
  }
}

function printNetwork(rows: NetworkRow[]): void {
  if (rows.length > 0)
    console.log('\nOn a veth network, systems in turn (medians; ratio to plain forwarding in the same round)')
  let measure = ''
  for (const row of rows) {
    const title = `${row.measure}, ${row.unit}`
    if (title !== measure) console.log(`  ${title}`)
    measure = title
    const digits = row.median < 100 ? 2 : 0
    console.log(`    ${row.system.padEnd(22)}${row.median.toFixed(digits).padStart(10)}   ${row.ratio.toFixed(2)}`)
  }
}

function printCommands(rows: CommandRow[]): void {
  if (rows.length > 0)
    console.log('\nOne command, a director running, ms (median, least; ratio to the first line, by turn)')
  for (const { command, medianMs, leastMs, ratio } of rows) {
    const cells = [medianMs.toFixed(0), leastMs.toFixed(0), ratio.toFixed(2)].map((cell) => cell.padStart(6))
    console.log(`    ${command.padEnd(56)}${cells.join('')}`)
  }
}

function printReuse(rows: ReuseRow[]): void {
  if (rows.length === 0) return
  console.log(`\nThree clients, Connection: close, one source address with 1024 ports, one server, ${REUSE_SECONDS} s`)
  console.log('                         timestamps   connections/s   slowest ms   SYNs sent again   refused by PAWS')
  for (const { system, timestamps, perSecond, slowestMs, again, refused } of rows) {
    const cells = [
      (timestamps ? 'on' : 'off').padStart(10),
      perSecond.toFixed(0).padStart(15),
      slowestMs.toFixed(0).padStart(12),
      String(again).padStart(17),
      String(refused).padStart(17),
    ]
    console.log(`    ${system.padEnd(20)} ${cells.join(' ')}`)
  }
}

function printOperate(rows: OperateRow[]): void {
  if (rows.length > 0) console.log('\nA director to operate (median, worst)')
  for (const { what, unit, median, worst } of rows) {
    const cells = [median, worst].map((each) => each.toFixed(2).padStart(8))
    console.log(`    ${what.padEnd(56)}${cells.join('')}  ${unit}`)
  }
}

function printProgram(rows: ProgramRow[]): void {
  if (rows.length === 0) return
  console.log('\nThe program in the kernel by BPF_PROG_TEST_RUN, ns (median); bytes of its maps for each connection')
  console.log('    services   servers   connections   TCP packet   datagram   SYN   bytes')
  for (const { services, servers, connections, established, datagram, syn, bytesPerConnection } of rows) {
    const cells = [services, servers, connections, established, datagram, syn, bytesPerConnection]
    console.log(`    ${cells.map((cell, i) => cell.toFixed(0).padStart([8, 10, 14, 13, 11, 6, 8][i])).join('')}`)
  }
}
