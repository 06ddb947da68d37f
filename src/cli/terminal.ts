/**
 * Standard streams by plain system calls: process.stdout would cost a short-lived program its first milliseconds.
 *
 * Output is held until it is large or an error is written, so the two keep their order. A reader that went away
 * (`| head`) is no failure.
 */
import { readFileSync, writeSync } from 'node:fs'
import type { CliIo } from './io.js'

const HELD_MAX = 1 << 16

export interface Terminal extends Omit<CliIo, 'director'> {
  flush(): void
}

export function terminal(): Terminal {
  let held = ''
  const flush = () => {
    write(1, held)
    held = ''
  }
  return {
    stdin: async () => readFileSync(0, 'utf8'),
    out: (text) => {
      held += text
      if (held.length > HELD_MAX) flush()
    },
    err: (text) => {
      flush()
      write(2, text)
    },
    flush,
  }
}

function write(fd: number, text: string): void {
  let bytes: Uint8Array = Buffer.from(text)
  while (bytes.length > 0) {
    try {
      bytes = bytes.subarray(writeSync(fd, bytes))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EPIPE') return
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
    }
  }
}
