/**
 * Schedulers against naive twins: straight transcriptions of the kernel's loops over objects, driven by the same random
 * life of a service (real servers added, edited, removed; connections opened, activated, ended).
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Rig } from '../fixture.js'

interface Twin {
  id: number
  weight: number
  active: number
  inactive: number
  upper: number
  lower: number
  overload: boolean
}

/** `list` is newest first; `changed` is called after each step, `gone` before a removal. */
interface TwinScheduler {
  choose(list: Twin[]): Twin | undefined
  changed?(list: Twin[]): void
  gone?(list: Twin[], twin: Twin): void
}

const total = (d: Twin) => d.active + d.inactive
const overheadOf = (d: Twin) => BigInt(d.active * 256 + total(d))
const big = BigInt

/** min of load/weight by the kernel's loop: the first usable, then whatever has strictly less. */
function least(list: Twin[], load: (d: Twin) => bigint, weigh = (d: Twin) => big(d.weight)): Twin | undefined {
  let best: Twin | undefined
  for (const d of list) {
    if (d.overload) continue
    if (!best) {
      if (d.weight > 0) best = d
    } else if (d.weight > 0 && load(best) * weigh(d) > load(d) * weigh(best)) best = d
  }
  return best
}

const sedTwin = (list: Twin[]) => least(list, (d) => big(d.active + 1))

const memoryless: Record<string, (list: Twin[]) => Twin | undefined> = {
  lc: (list) => least(list, overheadOf, () => 1n),
  wlc: (list) => least(list, overheadOf),
  sed: sedTwin,
  nq: (list) => list.find((d) => !d.overload && d.weight > 0 && d.active === 0) ?? sedTwin(list),
  fo: (list) => greatest(list.filter((d) => !d.overload && d.weight > 0)),
  ovf: (list) => greatest(list.filter((d) => !d.overload && d.weight > 0 && d.active <= d.weight)),
}

const greatest = (list: Twin[]) => list.find((d) => d.weight === Math.max(...list.map((other) => other.weight)))

/** The cursor is a destination, or undefined for the head of the list. */
class RoundRobinTwin implements TwinScheduler {
  cursor: Twin | undefined

  choose(list: Twin[]): Twin | undefined {
    const start = this.cursor ? list.indexOf(this.cursor) + 1 : 0
    const found = [...list.slice(start), ...list.slice(0, start)].find((d) => !d.overload && d.weight > 0)
    if (found) this.cursor = found
    return found
  }

  gone(list: Twin[], twin: Twin): void {
    if (this.cursor === twin) this.cursor = list[list.indexOf(twin) - 1]
  }
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b))

/** ip_vs_wrr_schedule with every one of its passes; position -1 is the head. */
class WeightedRoundRobinTwin implements TwinScheduler {
  cl = -1
  cw = 0
  mw = 0
  di = 1

  changed(list: Twin[]): void {
    this.cl = -1
    this.di = list.map((d) => d.weight).reduce(gcd, 0) || 1
    this.mw = Math.max(0, ...list.map((d) => d.weight)) - (this.di - 1)
    if (this.cw > this.mw || this.cw === 0) this.cw = this.mw
    else if (this.di > 1) this.cw = Math.trunc(this.cw / this.di) * this.di + 1
  }

  choose(list: Twin[]): Twin | undefined {
    if (this.mw === 0) return undefined
    const last = this.cl
    let at = last
    let stop = -2
    let lastPass = false
    let restarted = false
    for (;;) {
      for (at++; at < list.length; at++) {
        if (!list[at].overload && list[at].weight >= this.cw) {
          this.cl = at
          return list[at]
        }
        if (at === stop) {
          this.cl = at
          return undefined
        }
      }
      at = -1
      this.cw -= this.di
      if (this.cw <= 0) {
        this.cw = this.mw
        if (lastPass || last === -1) {
          this.cl = -1
          return undefined
        }
        restarted = true
      }
      lastPass = this.cw <= this.di
      if (lastPass && restarted && last !== -1) stop = last
    }
  }
}

type Step =
  | { kind: 'add'; weight: number; upper: number; lower: number }
  | { kind: 'edit'; which: number; weight: number; upper: number; lower: number }
  | { kind: 'remove' | 'activate' | 'deactivate' | 'close'; which: number }
  | { kind: 'open'; times: number; active: boolean }

const which = fc.nat(1000)
const weight = fc.oneof(fc.nat(8), fc.constantFrom(0, 2, 4, 6, 100, 65_535, 2 ** 31 - 1))
const upper = fc.constantFrom(0, 0, 0, 1, 2, 3, 8)
const lower = fc.constantFrom(0, 0, 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('add' as const), weight, upper, lower }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('edit' as const), which, weight, upper, lower }) },
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constantFrom('remove', 'activate', 'deactivate', 'close', 'close'), which }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('open' as const),
      times: fc.integer({ min: 1, max: 9 }),
      active: fc.boolean(),
    }),
  },
) as fc.Arbitrary<Step>

/** One life of a service, lived by the scheduler and by its twin. */
class Life {
  private readonly rig: Rig
  private readonly twin: TwinScheduler
  private list: Twin[] = []
  private nextId = 11

  constructor(name: string, twin: TwinScheduler) {
    this.rig = new Rig(name)
    this.twin = twin
    this.twin.changed?.(this.list)
  }

  live(steps: readonly Step[]): void {
    for (const s of steps) {
      if (s.kind === 'add') this.add(s)
      else if (s.kind === 'open') for (let i = 0; i < s.times; i++) this.open(s.active)
      else if (this.list.length > 0) this.touch(s, this.list[s.which % this.list.length])
    }
  }

  private add({ weight, upper, lower }: { weight: number; upper: number; lower: number }): void {
    const id = this.nextId++
    this.rig.add(id, { weight, upperThreshold: upper, lowerThreshold: lower })
    this.list.unshift({ id, weight, active: 0, inactive: 0, upper, lower, overload: false })
    this.twin.changed?.(this.list)
  }

  private open(active: boolean): void {
    const expected = this.twin.choose(this.list)
    assert.equal(this.rig.open(), expected?.id ?? 0)
    if (!expected) return
    expected.inactive++
    this.overload(expected)
    if (active) this.activate(expected)
  }

  private touch(s: Exclude<Step, { kind: 'add' | 'open' }>, d: Twin): void {
    const { destinations } = this.rig.table
    const slot = this.rig.destination(d.id)
    if (s.kind === 'edit') this.edit(s, d)
    else if (s.kind === 'remove') this.remove(d)
    else if (s.kind === 'activate' && d.inactive > 0) this.activate(d)
    else if (s.kind === 'deactivate' && d.active > 0) {
      destinations.deactivate(slot)
      d.active--
      d.inactive++
    } else if (s.kind === 'close' && d.inactive > 0) {
      destinations.closed(slot)
      d.inactive--
      if (d.overload) this.overload(d)
    }
  }

  private edit(s: { weight: number; upper: number; lower: number }, d: Twin): void {
    if (s.weight === d.weight && s.upper === d.upper && s.lower === d.lower) return
    Object.assign(d, { weight: s.weight, upper: s.upper, lower: s.lower })
    this.overload(d)
    this.rig.edit(d.id, { weight: s.weight, upperThreshold: s.upper, lowerThreshold: s.lower })
    this.twin.changed?.(this.list)
  }

  private remove(d: Twin): void {
    this.twin.gone?.(this.list, d)
    this.list = this.list.filter((other) => other !== d)
    this.rig.remove(d.id)
    this.twin.changed?.(this.list)
  }

  private activate(d: Twin): void {
    this.rig.table.destinations.activate(this.rig.destination(d.id))
    d.active++
    d.inactive--
  }

  private overload(d: Twin): void {
    const lower = d.lower || d.upper - Math.trunc(d.upper / 4)
    if (d.upper === 0) d.overload = false
    else if (total(d) >= d.upper) d.overload = true
    else if (total(d) < lower) d.overload = false
  }
}

const twins: Record<string, () => TwinScheduler> = {
  rr: () => new RoundRobinTwin(),
  wrr: () => new WeightedRoundRobinTwin(),
  ...Object.fromEntries(Object.entries(memoryless).map(([name, choose]) => [name, () => ({ choose })])),
}

for (const [name, twin] of Object.entries(twins)) {
  test(`${name} chooses as its naive twin through any life of a service`, () => {
    const steps = fc.array(step, { maxLength: 60 })
    fc.assert(
      fc.property(steps, (life) => {
        // The twin makes each pass of wrr, so weights stay small for it.
        const tame = name === 'wrr' ? life.map((s) => ('weight' in s ? { ...s, weight: s.weight % 101 } : s)) : life
        new Life(name, twin()).live(tame)
      }),
      { numRuns: 400 },
    )
  })
}
