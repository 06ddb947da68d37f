/** `ipvsadm -s none`: never chooses, as a service without a scheduler in the kernel. */
import { Scheduler } from './scheduler.js'

export class NoScheduler extends Scheduler {
  schedule(): number {
    return -1
  }
}
