/** Every scheduler by its ipvsadm name. */
import type { Service } from '../service.js'
import { DestinationHashing } from './dh.js'
import { WeightedFailover } from './fo.js'
import { LocalityLeastConnection } from './lblc.js'
import { ReplicatedLocality } from './lblcr.js'
import { LeastConnection } from './lc.js'
import { MaglevHashing } from './mh.js'
import { NoScheduler } from './none.js'
import { NeverQueue } from './nq.js'
import { WeightedOverflow } from './ovf.js'
import { RoundRobin } from './rr.js'
import type { Scheduler } from './scheduler.js'
import { ShortestExpectedDelay } from './sed.js'
import { SourceHashing } from './sh.js'
import { PowerOfTwoChoices } from './twos.js'
import { WeightedLeastConnection } from './wlc.js'
import { WeightedRoundRobin } from './wrr.js'

export const schedulers: Readonly<Record<string, new (service: Service) => Scheduler>> = {
  rr: RoundRobin,
  wrr: WeightedRoundRobin,
  lc: LeastConnection,
  wlc: WeightedLeastConnection,
  sed: ShortestExpectedDelay,
  nq: NeverQueue,
  fo: WeightedFailover,
  ovf: WeightedOverflow,
  dh: DestinationHashing,
  sh: SourceHashing,
  mh: MaglevHashing,
  lblc: LocalityLeastConnection,
  lblcr: ReplicatedLocality,
  twos: PowerOfTwoChoices,
  none: NoScheduler,
}
