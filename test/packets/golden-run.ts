/** One case of the golden table through one data path. */
import assert from 'node:assert/strict'
import { compile } from '../../src/compile/compile.js'
import { emptyState } from '../../src/model/state.js'
import type { GoldenCase, GoldenPath, PacketStep } from './golden.js'
import { changed } from './state.js'

/** One interface; where MASQUERADE has an address for, it is the director's. */
export const routes = {
  to: (address: string) => ({
    interface: 'eth0',
    source: address.includes(':') ? '2001:db8::10' : '192.0.2.10',
    mtu: 1500,
    local: address === '192.0.2.10' || address === '2001:db8::10',
  }),
}

/** Counters are brought up to date every two seconds, as the kernel's are (ip_vs_est.c). */
const ESTIMATE_MS = 2000

export function run(path: GoldenPath, golden: GoldenCase): void {
  let state = golden.state.reduce(changed, emptyState())
  path.install(compile(state, routes))
  const chosen: number[] = []
  for (const [i, step] of golden.steps.entries()) {
    if (step.kind === 'wait') path.wait(step.ms)
    else if (step.kind === 'command') {
      state = changed(state, step.line)
      path.install(compile(state, routes))
    } else runPacket(path, step, chosen, `step ${i + 1}`)
  }
  path.wait(ESTIMATE_MS)
  const counters = path.counters()
  for (const [name, value] of Object.entries(golden.counters)) {
    assert.equal(counters[name as keyof typeof counters], value, name)
  }
}

function runPacket(path: GoldenPath, step: PacketStep, chosen: number[], where: string): void {
  const expectedDrops = { ...path.drops() }
  const { verdict, out, rest } = path.handle(step.packet(chosen))
  assert.equal(verdict, step.verdict, `${where}: verdict`)
  if (step.reason !== 'none') expectedDrops[step.reason] = (expectedDrops[step.reason] ?? 0) + 1
  assert.deepEqual(path.drops(), expectedDrops, `${where}: drops`)
  if (step.choice && out) {
    const port = sourcePort(out.bytes)
    assert.ok(port >= step.choice.from && port <= step.choice.to, `${where}: source port ${port}`)
    chosen.push(port)
  }
  assert.deepEqual(out, step.out?.(chosen) ?? null, `${where}: packet out`)
  assert.deepEqual(rest, step.rest, `${where}: further pieces`)
}

function sourcePort(bytes: Uint8Array): number {
  const transport = bytes[0] >>> 4 === 4 ? (bytes[0] & 15) * 4 : 40
  return (bytes[transport] << 8) | bytes[transport + 1]
}
