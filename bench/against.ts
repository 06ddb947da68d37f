/** This build's engine against another's, in turn in the same minutes: does a change cost anything? */
import { join } from 'node:path'
import { measureOnce } from './engine.js'
import { median } from './median.js'

export interface AgainstRow {
  connections: number
  /** Medians. */
  nanosecondsPerPacket: [number, number]
  /** Packets a second of this build by those of the other, median over the rounds. */
  ratio: number
}

/** `root` is a checkout that has been built, of a time when this bench measured what it measures now. */
export function measureAgainst(root: string, sizes: number[], burst: number, rounds: number): AgainstRow[] {
  const scripts = [join(import.meta.dirname, 'engine.js'), join(root, 'dist/bench/engine.js')]
  return sizes.map((flows) => {
    const pairs = Array.from({ length: rounds }, (_, round) => {
      const first = round % 2 // whoever runs second finds another machine
      const one = measureOnce(flows, burst, scripts[first])
      const two = measureOnce(flows, burst, scripts[1 - first])
      return first === 0 ? [one, two] : [two, one]
    })
    const times = (i: number) => median(pairs.map((pair) => pair[i].nanosecondsPerPacket))
    return {
      connections: flows,
      nanosecondsPerPacket: [times(0), times(1)],
      ratio: median(pairs.map(([ours, theirs]) => theirs.nanosecondsPerPacket / ours.nanosecondsPerPacket)),
    }
  })
}
