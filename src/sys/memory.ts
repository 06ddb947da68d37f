/** Memory that outlives a process or is shared by threads: files mapped as ArrayBuffers. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { mmap, systemFailure } from './libc.js'

const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const MAP_FAILED = 2n ** 64n - 1n

/**
 * `bytes` of the file at `path` as one ArrayBuffer that is the file: it is made if missing (mode 0600) and grown if
 * shorter, never cut. Every process and worker that maps it sees the same bytes; they stay when the process dies.
 * Fails with internal or permission.
 */
export function mapFile(path: string, bytes: number): ArrayBuffer {
  const fd = openFile(path)
  try {
    if (fstatSync(fd).size < bytes) ftruncateSync(fd, bytes)
    const address = BigInt(mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0))
    if (address === MAP_FAILED) throw systemFailure(`mmap of ${path}`)
    return koffi.view(address, bytes)
  } finally {
    closeSync(fd)
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  } catch (error) {
    throw systemFailure(`opening ${path}`, -(error as NodeJS.ErrnoException).errno!)
  }
}
