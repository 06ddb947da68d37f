/** Every scheduler by its ipvsadm name. */
import type { Service } from '../service.js'
import { RoundRobin } from './rr.js'
import type { Scheduler } from './scheduler.js'

export const schedulers: Readonly<Record<string, new (service: Service) => Scheduler>> = {
  rr: RoundRobin,
}
