/** Memory that outlives a process or is shared by threads: files mapped as ArrayBuffers. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { errno, mmap, systemFailure } from './libc.js'

const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const MAP_FAILED = 2n ** 64n - 1n

/**
 * `bytes` of the file at `path` as one ArrayBuffer that is the file: it is made if missing (mode 0600) and grown if
 * shorter, never cut. Every process and worker that maps it sees the same bytes; they stay when the process dies.
 * Fails with internal or permission.
 */
export function mapFile(path: string, bytes: number): ArrayBuffer {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  try {
    if (fstatSync(fd).size < bytes) ftruncateSync(fd, bytes)
    return mapFd(fd, bytes, 0, path)
  } finally {
    closeSync(fd)
  }
}

/** `bytes` of an open file from `offset`, shared. The mapping stays when the descriptor is closed. */
export function mapFd(fd: number, bytes: number, offset: number, what: string): ArrayBuffer {
  const address = BigInt(mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED, fd, offset))
  if (address === MAP_FAILED) throw systemFailure(`mmap of ${what}`, errno())
  return koffi.view(address, bytes)
}
