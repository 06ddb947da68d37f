/** Memory that outlives a process or is shared by threads: files mapped as ArrayBuffers. */
import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs'
import koffi from 'koffi'
import { addressOf, madvise, mmap, systemFailure } from './libc.js'

const PROT_READ_WRITE = 3
const MAP_SHARED = 1
const MADV_HUGEPAGE = 14
const PAGE = 4096
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
    const memory = koffi.view(address, bytes)
    preferHugePages(memory)
    return memory
  } finally {
    closeSync(fd)
  }
}

/**
 * Asks for pages of 2 MiB under memory that is read at random, best before it is touched: one translation of an address
 * then serves 512 times as much. The kernel does so if it is let: /sys/kernel/mm/transparent_hugepage/enabled for
 * memory of the process's own, shmem_enabled for a file in memory; else nothing changes.
 */
export function preferHugePages(memory: ArrayBuffer): void {
  const start = Math.ceil(addressOf(memory) / PAGE) * PAGE
  const length = Math.floor((addressOf(memory) + memory.byteLength - start) / PAGE) * PAGE
  if (length > 0) madvise(start, length, MADV_HUGEPAGE)
}

function openFile(path: string): number {
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  } catch (error) {
    throw systemFailure(`opening ${path}`, -(error as NodeJS.ErrnoException).errno!)
  }
}
