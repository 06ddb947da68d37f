/** Runs program.ts where it can run, and nothing else is. */
import { join } from 'node:path'
import { checkout, Lab } from '../test/netns/lab.js'
import { ROUTES } from '../test/netns/one-neighbour.js'

export interface ProgramRow {
  services: number
  servers: number
  connections: number
  established: number
  datagram: number
  syn: number
  /** Of the maps, for each connection the table has room for. */
  bytesPerConnection: number
}

/** Filling a table of a million takes its time. */
const TIMEOUT_MS = 240_000

export async function measureProgram(): Promise<ProgramRow[]> {
  const lab = await Lab.open()
  try {
    await lab.must('', ['bash', '-c', ROUTES])
    return JSON.parse(await lab.must('', ['node', join(checkout, 'dist/bench/program.js')], { timeoutMs: TIMEOUT_MS }))
  } finally {
    await lab.close()
  }
}
