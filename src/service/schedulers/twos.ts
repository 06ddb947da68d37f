/** Power of two choices: the less loaded of two picked at random by weight (ip_vs_twos.c). */
import { Ahead, Scheduler } from './scheduler.js'
import { heavier } from './weight.js'

export class PowerOfTwoChoices extends Scheduler {
  override readonly ahead = Ahead.counts
  /** One walk to the nearer of the two numbers drawn, and on to the farther: a pick is where the weights add up to it. */
  schedule(): number {
    const { list, destinations } = this.service
    const { share, load } = destinations
    const total = this.total()
    if (total === 0) return -1
    const first = this.draw(total)
    const second = this.draw(total)
    let at = -1
    let sum = 0
    while (sum < first && sum < second) sum += share[list[++at]]
    const near = list[at]
    while (sum < first || sum < second) sum += share[list[++at]]
    const far = list[at]
    const pick = first <= second ? near : far
    const other = first <= second ? far : near
    return heavier(load[pick], share[pick], load[other], share[other]) ? other : pick
  }

  private total(): number {
    const { list, count, destinations } = this.service
    const { share } = destinations
    let total = 0
    for (let i = 0; i < count; i++) total += share[list[i]]
    return total
  }

  /** From 0 to the total, both included, as the kernel draws; 0 and 1 both fall to the first that has a weight. */
  private draw(total: number): number {
    return Math.max(1, Math.floor((this.service.random() / 0x100000000) * (total + 1)))
  }
}
