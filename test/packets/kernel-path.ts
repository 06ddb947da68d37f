/**
 * The program in the kernel and the engine behind it as a data path for the golden table: each packet is one
 * BPF_PROG_TEST_RUN, and the engine's where the program lets it pass. Runs inside a network namespace with a default route
 * (kernel.test.ts), where every address but the host's own is reached.
 */
import koffi from 'koffi'
import { type KernelPath as Kernel, openKernelPath } from '../../src/daemon/kernel.js'
import { KernelProgram } from '../../src/io/ebpf/program.js'
import { testRun } from '../../src/sys/bpf.js'
import type { Built } from './build.js'
import { CAPACITY, EnginePath } from './engine-path.js'
import type { Outcome } from './golden.js'

const ETHERNET = 14
const LONGEST = 3000
const TC_ACT_OK = 0
const TC_ACT_REDIRECT = 7

export class KernelPath extends EnginePath {
  /** Packets that the program itself carried. */
  carried = 0
  private readonly fd: number

  /** Ports that it took from connections in TIME_WAIT. */
  get early(): number {
    return this.engine.kernel!.earlyPorts
  }

  /** Over the memory of `kernel`, as if it were new, or (`left`) as an engine that died left it. */
  constructor(kernel: Kernel, left = false) {
    const memories = left ? [] : [kernel.connections, ...Object.values(kernel.memory)]
    for (const memory of memories) new Uint8Array(memory).fill(0)
    super(kernel)
    this.fd = kernel.program.fd
  }

  override handle(built: Built): Outcome {
    // In a test run no packet can lack its checksum or its IP header, or be longer than a page has room for.
    const { length } = built.bytes
    if (built.partial || length < shortest(built.bytes) || length > LONGEST) return super.handle(built)
    this.engine.kernel!.books.setClock(this.nowMs, coarseMs())
    const { verdict, packet } = testRun(this.fd, framed(built.bytes))
    if (verdict === TC_ACT_OK) return super.handle(built)
    if (verdict !== TC_ACT_REDIRECT) return { verdict: 'dropped', out: null, rest: [] }
    this.carried++
    return { verdict: 'forwarded', out: { bytes: new Uint8Array(packet.subarray(ETHERNET)), partial: false }, rest: [] }
  }
}

export const openKernel = (): Kernel => openKernelPath(new KernelProgram('', '/nonexistent'), CAPACITY, [1, 2])

/** The clock that the program reads, which is up to a jiffy behind (clock_gettime(2), CLOCK_MONOTONIC_COARSE). */
const COARSE = 6
const gettime = koffi.load('libc.so.6').func('int clock_gettime(int, void *)')
const timespec = new BigInt64Array(2)

function coarseMs(): number {
  gettime(COARSE, timespec)
  return Number(timespec[0]) * 1000 + Math.floor(Number(timespec[1]) / 1e6)
}

const shortest = (bytes: Uint8Array): number => (bytes[0] >>> 4 === 6 ? 40 : 20)

function framed(bytes: Uint8Array): Buffer {
  const frame = Buffer.alloc(ETHERNET + bytes.length)
  frame.writeUInt16BE(bytes[0] >>> 4 === 4 ? 0x0800 : 0x86dd, ETHERNET - 2)
  frame.set(bytes, ETHERNET)
  return frame
}
