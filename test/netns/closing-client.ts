/**
 * Connections to a server that closes first, some at a time: `node closing-client.js ADDRESS PORT TOTAL AT_A_TIME`.
 *
 * Each sends a word of its own, expects it back and then the end. Prints one line of JSON: how many were served, what
 * went wrong with others, the milliseconds of the slowest and of all together.
 */
import { connect } from 'node:net'

const [address, port, total, atATime] = process.argv.slice(2)
const startMs = performance.now()
const report = { served: 0, faults: {} as Record<string, number>, slowestMs: 0, tookMs: 0 }
let opened = 0
let ended = 0

function open(): void {
  const word = `${process.pid} ${opened++}`
  const openedMs = performance.now()
  const socket = connect({ host: address, port: Number(port), noDelay: true }, () => socket.write(word))
  let heard = ''
  let fault = ''
  socket.on('data', (part) => {
    heard += part
  })
  socket.on('error', ({ message }) => {
    fault = message
  })
  socket.once('close', () => {
    if (fault === '' && heard !== word) fault = `heard ${heard.length} bytes of another answer`
    conclude(fault, performance.now() - openedMs)
  })
}

function conclude(fault: string, tookMs: number): void {
  if (fault === '') report.served++
  else report.faults[fault] = (report.faults[fault] ?? 0) + 1
  report.slowestMs = Math.max(report.slowestMs, Math.round(tookMs))
  if (opened < Number(total)) open()
  if (++ended < Number(total)) return
  report.tookMs = Math.round(performance.now() - startMs)
  console.log(JSON.stringify(report))
}

for (let i = 0; i < Number(atATime); i++) open()
