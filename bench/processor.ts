import type { Lab } from '../test/netns/lab.js'

/** Clock ticks of /proc (getconf CLK_TCK) in a second. */
const TICKS = 100

/** Processor seconds that a process has used: utime and stime (proc_pid_stat(5)). */
export async function processorOf(lab: Lab, pid: number): Promise<number> {
  const fields = (await lab.must('', ['cat', `/proc/${pid}/stat`])).split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS
}
