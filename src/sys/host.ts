/** Facts about the machine and the namespace this process runs in. */
import { readFileSync, statSync } from 'node:fs'

/** CLOCK_MONOTONIC in milliseconds: the same clock for every process of one boot. */
export const monotonicMs = (): number => {
  const [seconds, nanoseconds] = process.hrtime()
  return seconds * 1000 + nanoseconds / 1e6
}

/** Changes with every boot, and with nothing else. */
export const bootId = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()

/** The inode that names this process's network namespace. */
export const netnsInode = (): number => statSync('/proc/self/ns/net').ino

/** How many processors the kernel may ever number (`0-7,16`): more than this process may use, or than there are now. */
export const processors = (): number =>
  1 + Math.max(...readFileSync('/sys/devices/system/cpu/possible', 'utf8').trim().split(/[-,]/).map(Number))
