/** The tables that the benches print. */
import { BURST } from '../src/io/port.js'
import type { AgainstRow } from './against.js'
import type { CommandRow } from './command.js'
import { type EngineResult, SLICE } from './engine.js'
import type { NetworkRow } from './network.js'
import type { OperateRow } from './operate.js'
import type { ProgramRow } from './program-run.js'
import type { RestoreRow } from './restore.js'
import type { ReuseRow } from './reuse.js'
import type { ServiceResult } from './service.js'

export function engine(rows: EngineResult[]): void {
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

export function against(rows: AgainstRow[]): void {
  console.log(
    `Engine in memory, ${BURST} packets at a time: this build, the other, ratio of packets a second (medians)`,
  )
  for (const { connections, nanosecondsPerPacket, ratio } of rows) {
    const times = nanosecondsPerPacket.map((ns) => `${ns.toFixed(0).padStart(7)} ns`)
    console.log(`  ${String(connections).padStart(9)} connections ${times.join(' ')}   ${ratio.toFixed(2)}`)
  }
}

export function services({ finds, choices, large }: ServiceResult): void {
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

export function restore(rows: RestoreRow[]): void {
  if (rows.length > 0)
    console.log('\n10 000 services of 10 real servers, by a director in a namespace, s (median, least; processor time)')
  for (const { command, median, least, processor } of rows) {
    const cells = [median, least, processor].map((each) => each.toFixed(2).padStart(8))
    console.log(`    ${command.padEnd(56)}${cells.join('')}`)
  }
}

export function network(rows: NetworkRow[]): void {
  if (rows.length > 0)
    console.log('\nOn a veth network, systems in turn (medians; ratio to the first in the same round)')
  let measure = ''
  for (const row of rows) {
    const title = `${row.measure}, ${row.unit}`
    if (title !== measure) console.log(`  ${title}`)
    measure = title
    const digits = row.median < 100 ? 2 : 0
    console.log(`    ${row.system.padEnd(22)}${row.median.toFixed(digits).padStart(10)}   ${row.ratio.toFixed(2)}`)
  }
}

export function commands(rows: CommandRow[]): void {
  if (rows.length > 0)
    console.log('\nOne command, a director running, ms (median, least; ratio to the first line, by turn)')
  for (const { command, medianMs, leastMs, ratio } of rows) {
    const cells = [medianMs.toFixed(0), leastMs.toFixed(0), ratio.toFixed(2)].map((cell) => cell.padStart(6))
    console.log(`    ${command.padEnd(56)}${cells.join('')}`)
  }
}

export function reuse(rows: ReuseRow[], seconds: number): void {
  if (rows.length === 0) return
  console.log(`\nThree clients, Connection: close, one source address, one server, ${seconds} s`)
  console.log(
    '                            ports   timestamps   connections/s   slowest ms   SYNs sent again   refused by PAWS',
  )
  for (const { system, ports, timestamps, perSecond, slowestMs, again, refused } of rows) {
    const cells = [
      ports.padStart(8),
      (timestamps ? 'on' : 'off').padStart(12),
      perSecond.toFixed(0).padStart(15),
      slowestMs.toFixed(0).padStart(12),
      String(again).padStart(17),
      (refused === null ? '-' : String(refused)).padStart(17),
    ]
    console.log(`    ${system.padEnd(20)} ${cells.join(' ')}`)
  }
}

export function operate(rows: OperateRow[]): void {
  if (rows.length > 0) console.log('\nA director to operate (median, worst)')
  for (const { what, unit, median, worst } of rows) {
    const cells = [median, worst].map((each) => each.toFixed(2).padStart(8))
    console.log(`    ${what.padEnd(56)}${cells.join('')}  ${unit}`)
  }
}

export function program(rows: ProgramRow[]): void {
  if (rows.length === 0) return
  console.log('\nThe program in the kernel by BPF_PROG_TEST_RUN, ns (median); bytes of its maps for each connection')
  console.log('    services   servers   connections   TCP packet   datagram   SYN   bytes')
  for (const { services, servers, connections, established, datagram, syn, bytesPerConnection } of rows) {
    const cells = [services, servers, connections, established, datagram, syn, bytesPerConnection]
    console.log(`    ${cells.map((cell, i) => cell.toFixed(0).padStart([8, 10, 14, 13, 11, 6, 8][i])).join('')}`)
  }
}
