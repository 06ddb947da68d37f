/** What an operator should hear of, at most once a second (a warning: a minute) per kind and pool: never silent, never a flood. */
import { TICK_MS } from '../conn/record.js'
import type { DataPlaneEvent } from './data-plane.js'

const QUIET_TICKS = 1000 / TICK_MS
const PATIENT_TICKS = 60_000 / TICK_MS

export class Events {
  listener: (event: DataPlaneEvent) => void = () => {}
  private readonly last = new Map<string, number>()

  poolDry(pool: string, nowTick: number): void {
    if (!this.due(pool, nowTick)) return
    const message = `source pool dry: ${pool} has no free port left; new connections are dropped: add an address or ports`
    this.listener({ level: 'error', code: 'pool-dry', message })
  }

  poolTight(pool: string, nowTick: number): void {
    if (!this.due(`tight ${pool}`, nowTick, PATIENT_TICKS)) return
    const message = `source pool tight: ${pool} has no port left that is not in use or in TIME_WAIT; new connections take the ports of the oldest in TIME_WAIT: add an address or ports`
    this.listener({ level: 'warn', code: 'pool-tight', message })
  }

  flooded(nowTick: number): void {
    if (!this.due('flood', nowTick, PATIENT_TICKS)) return
    const message =
      'a flood of SYNs: more connections begin than clients answer; the oldest that are half open end, the others go on'
    this.listener({ level: 'warn', code: 'half-open', message })
  }

  tableFull(capacity: number, nowTick: number): void {
    if (!this.due('', nowTick)) return
    const message = `connection table full: all ${capacity} entries are in use; start with --connections and a larger number`
    this.listener({ level: 'error', code: 'table-full', message })
  }

  private due(key: string, nowTick: number, quietTicks = QUIET_TICKS): boolean {
    const last = this.last.get(key)
    if (last !== undefined && ((nowTick - last) | 0) < quietTicks) return false
    this.last.set(key, nowTick)
    return true
  }
}
