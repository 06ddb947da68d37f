/** Power of two choices: the less loaded of two picked at random by weight (ip_vs_twos.c). */
import { Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class PowerOfTwoChoices extends Scheduler {
  schedule(): number {
    const { destinations } = this.service
    const total = this.totalWeight()
    if (total === 0) return -1
    const first = this.pick(total)
    const second = this.pick(total)
    const { share, load } = destinations
    return heavier(load[first], share[first], load[second], share[second]) ? second : first
  }

  private totalWeight(): number {
    const { list, count, destinations } = this.service
    let total = 0
    for (let i = 0; i < count; i++) total += destinations.share[list[i]]
    return total
  }

  /** A number from 0 to the total of all weights, both included, and the destination within whose weight it falls. */
  private pick(total: number): number {
    const { list, count, destinations, random } = this.service
    const { share } = destinations
    let left = Math.floor((random() / 0x100000000) * (total + 1))
    for (let i = 0; i < count; i++) {
      const slot = list[i]
      if (share[slot] === 0) continue
      left -= share[slot]
      if (left <= 0) return slot
    }
    return -1
  }
}
