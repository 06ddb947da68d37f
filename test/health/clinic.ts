/** Real servers in a laboratory of their own, and checks of them. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { checkOf, type ProbeKind } from '../../src/model/check.js'
import { checkout, Lab } from '../netns/lab.js'
import { Host, type Running, until } from '../netns/network.js'

export interface Outcome {
  good: boolean
  reason: string
  share: number
  sent: string
  received: string
}

export class Clinic {
  readonly host: Host

  constructor(host: Host) {
    this.host = host
  }

  static async open(t: TestContext): Promise<Clinic> {
    const lab = await Lab.open()
    t.after(() => lab.close())
    return new Clinic(new Host(lab, ''))
  }

  start(line: string): Running {
    return this.host.start(line)
  }

  /** Until something listens on the TCP port here. */
  async listens(port: number, running: Running): Promise<void> {
    const line = `ss -Hltn 'sport = :${port}'`
    const there = async () => (await this.host.must(line)) !== ''
    await until(there, `a server on port ${port}; it said:\n${running.lines.join('\n')}`, 30_000)
  }

  /** The check's own words and its timing, where they differ from the defaults. */
  async ask(kind: ProbeKind, port: number, words: object = {}, address = '127.0.0.1'): Promise<Outcome> {
    const check = checkOf(kind, { timeoutMs: 5000, ...words })
    const program = [process.execPath, join(checkout, 'dist/test/health/asker.js')]
    const asked = JSON.stringify([check, address, port]).replaceAll("'", `'\\''`)
    const [outcome] = JSON.parse(await this.host.must(`${program.join(' ')} '${asked}'`))
    return outcome
  }

  async good(...asked: Parameters<Clinic['ask']>): Promise<Outcome> {
    const outcome = await this.ask(...asked)
    assert.ok(outcome.good, `${asked[0]}: ${outcome.reason}; ${outcome.received}`)
    return outcome
  }

  /** Asked in vain, for this reason. */
  async bad(reason: RegExp, ...asked: Parameters<Clinic['ask']>): Promise<Outcome> {
    const outcome = await this.ask(...asked)
    assert.equal(outcome.good, false, `${asked[0]} is well: ${outcome.received}`)
    assert.match(outcome.reason, reason)
    return outcome
  }
}
