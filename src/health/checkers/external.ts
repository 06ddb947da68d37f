/** A program on the director: exit status 0 is well. What it prints is the evidence. */
import { spawn } from 'node:child_process'
import { Bad } from '../bad.js'
import type { Checker } from '../checker.js'

export const external: Checker<'external'> = async ({ command, arguments: words }, exchange) => {
  const { virtualAddress, virtualPort, address, port } = exchange.target
  const all = [...words, virtualAddress, `${virtualPort}`, address, `${port}`]
  exchange.sent.addText([command, ...all].join(' '))
  await new Promise<void>((resolve, reject) => {
    // A group of its own: at the deadline it ends with what it started.
    const child = spawn(command, all, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => exchange.received.add(bytes))
    child.once('error', (error) =>
      reject(new Bad(`${command} cannot be run: ${(error as NodeJS.ErrnoException).code}`)),
    )
    child.once('close', (status, signal) => {
      if (status === 0) resolve()
      else reject(new Bad(signal ? `${command} was ended by ${signal}` : `${command} ended with status ${status}`))
    })
    exchange.onEnd((error) => {
      reject(error)
      end(child.pid, child.exitCode === null && child.signalCode === null)
    })
  })
  return 1
}

function end(pid: number | undefined, runs: boolean): void {
  if (pid === undefined || !runs) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
