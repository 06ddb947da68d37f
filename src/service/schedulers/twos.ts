/** Power of two choices: the less loaded of two picked at random by weight (ip_vs_twos.c). */
import { overhead } from './load.js'
import { Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class PowerOfTwoChoices extends Scheduler {
  schedule(): number {
    const { destinations } = this.service
    const total = this.totalWeight()
    if (total === 0) return -1
    const first = this.pick(total)
    const second = this.pick(total)
    const { weight } = destinations
    const better = heavier(overhead(destinations, first), weight[first], overhead(destinations, second), weight[second])
    return better ? second : first
  }

  private totalWeight(): number {
    const { list, count, destinations } = this.service
    let total = 0
    for (let i = 0; i < count; i++) if (destinations.overloaded[list[i]] === 0) total += destinations.weight[list[i]]
    return total
  }

  /** A number from 0 to the total of all weights, both included, and the destination within whose weight it falls. */
  private pick(total: number): number {
    const { list, count, destinations, random } = this.service
    const { weight, overloaded } = destinations
    let left = Math.floor((random() / 0x100000000) * (total + 1))
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (weight[slot] <= 0 || overloaded[slot] !== 0) continue
      left -= weight[slot]
      if (left <= 0) return slot
    }
    return -1
  }
}
