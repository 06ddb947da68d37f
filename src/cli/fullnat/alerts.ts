/** `fullnat alerts` and `fullnat alerts test`: who is told, what waits, and whether it reaches them. */

import { call } from '../../api/client.js'
import type { ReceiverView, TestResult } from '../../api/routes.js'
import type { Terminal } from '../terminal.js'

const FAILED = 1
const NOBODY = 'nobody is told: PUT /v1/alerts names receivers (fullnat api PUT /v1/alerts JSON)\n'

export async function alerts(test: boolean, io: Terminal): Promise<number> {
  if (test) return tried(await call<TestResult[]>('POST', '/alerts/test'), io)
  const receivers = await call<ReceiverView[]>('GET', '/alerts')
  if (receivers.length === 0) io.out(NOBODY)
  for (const { receiver, sent, waiting, failure } of receivers)
    io.out(
      `${receiver}: ${sent} messages sent, ${waiting} alerts wait${failure === '' ? '' : `; the last attempt failed: ${failure}`}\n`,
    )
  return 0
}

function tried(results: readonly TestResult[], io: Terminal): number {
  if (results.length === 0) io.out(NOBODY)
  for (const { receiver, failure } of results)
    io.out(`${receiver}: ${failure === '' ? 'taken' : `not taken: ${failure}`}\n`)
  return results.some(({ failure }) => failure !== '') ? FAILED : 0
}
