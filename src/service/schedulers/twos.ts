/** Power of two choices: the less loaded of two picked at random by weight (ip_vs_twos.c). */
import { Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class PowerOfTwoChoices extends Scheduler {
  /** Walks the list until both numbers, drawn from 0 to the total of all weights, fell within a destination's weight. */
  schedule(): number {
    const { list, count, destinations } = this.service
    const { share, load } = destinations
    const total = this.total()
    let left = this.draw(total)
    let otherLeft = this.draw(total)
    let pick = -1
    let other = -1
    for (let i = 0; i < count && (pick < 0 || other < 0); i++) {
      const slot = list[i]
      const own = share[slot]
      if (own === 0) continue
      left -= own
      otherLeft -= own
      if (pick < 0 && left <= 0) pick = slot
      if (other < 0 && otherLeft <= 0) other = slot
    }
    if (pick < 0) return -1
    return heavier(load[pick], share[pick], load[other], share[other]) ? other : pick
  }

  private total(): number {
    const { list, count, destinations } = this.service
    const { share } = destinations
    let total = 0
    for (let i = 0; i < count; i++) total += share[list[i]]
    return total
  }

  private draw(total: number): number {
    return Math.floor((this.service.random() / 0x100000000) * (total + 1))
  }
}
