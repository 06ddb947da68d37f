/**
 * BPF programs and their maps, by libbpf.so.1 (Debian's libbpf1, which iproute2 needs too).
 *
 * Nothing is pinned: a tc filter holds its program and the program its maps, so a process that finds the filter finds all
 * of it again (`programAt`, `mapsOf`), whatever file systems are mounted where it runs.
 */
import { closeSync } from 'node:fs'
import { release } from 'node:os'
import koffi from 'koffi'
import { Failure } from '../failure/failure.js'
import { addressOf, check, mmap, systemFailure } from './libc.js'

/** libbpf, loaded at first use: whoever needs no BPF needs no libbpf. */
const loaded: { library: ReturnType<typeof bind> | null } = { library: null }

function bind() {
  const lib = open()
  const fn = (name: string, result: string, ...types: string[]) => lib.func(name, result, types)
  return {
    openFile: fn('bpf_object__open_file', 'uintptr_t', 'str', 'uintptr_t'),
    load: fn('bpf_object__load', 'int', 'uintptr_t'),
    closeObject: fn('bpf_object__close', 'void', 'uintptr_t'),
    findMap: fn('bpf_object__find_map_by_name', 'uintptr_t', 'uintptr_t', 'str'),
    setMaxEntries: fn('bpf_map__set_max_entries', 'int', 'uintptr_t', 'uint'),
    mapFd: fn('bpf_map__fd', 'int', 'uintptr_t'),
    findProgram: fn('bpf_object__find_program_by_name', 'uintptr_t', 'uintptr_t', 'str'),
    programFd: fn('bpf_program__fd', 'int', 'uintptr_t'),
    setLogBuffer: fn('bpf_program__set_log_buf', 'int', 'uintptr_t', 'uintptr_t', 'size_t'),
    setPrint: fn('libbpf_set_print', 'uintptr_t', 'uintptr_t'),
    createHook: fn('bpf_tc_hook_create', 'int', 'uintptr_t'),
    destroyHook: fn('bpf_tc_hook_destroy', 'int', 'uintptr_t'),
    attach: fn('bpf_tc_attach', 'int', 'uintptr_t', 'uintptr_t'),
    detach: fn('bpf_tc_detach', 'int', 'uintptr_t', 'uintptr_t'),
    query: fn('bpf_tc_query', 'int', 'uintptr_t', 'uintptr_t'),
    programById: fn('bpf_prog_get_fd_by_id', 'int', 'uint'),
    mapById: fn('bpf_map_get_fd_by_id', 'int', 'uint'),
    lookup: fn('bpf_map_lookup_elem', 'int', 'int', 'uintptr_t', 'uintptr_t'),
    info: fn('bpf_obj_get_info_by_fd', 'int', 'int', 'uintptr_t', 'uintptr_t'),
    testRun: fn('bpf_prog_test_run_opts', 'int', 'int', 'uintptr_t'),
  }
}

function open() {
  try {
    return koffi.load('libbpf.so.1')
  } catch {
    throw new Failure('no-libbpf', 'libbpf.so.1 is not installed: apt-get install libbpf1')
  }
}

function libbpf(): ReturnType<typeof bind> {
  if (loaded.library === null) {
    loaded.library = bind()
    loaded.library.setPrint(0) // what it would print is in our Failure
  }
  return loaded.library
}

export interface BpfMap {
  name: string
  fd: number
  valueSize: number
  entries: number
}

export interface BpfProgram {
  fd: number
  maps: Map<string, BpfMap>
}

/** Written to after a refusal only. Up to 6.3 a verifier that has more to say than fits says ENOSPC, and not why it refused. */
const LOG_BYTES = 1 << 26
/** What was seen so far; the features that it uses are all in 5.12. */
const KNOWN = '6.1 and 6.18 are known to take it'

/**
 * Loads the program `name` of the object file, its maps with as many entries as `sizes` says. Fails with permission,
 * no-libbpf, or internal with the verifier's last lines.
 */
export function loadProgram(file: string, name: string, sizes: Readonly<Record<string, number>>): BpfProgram {
  const lib = libbpf()
  const object = Number(lib.openFile(file, 0))
  if (object === 0) throw systemFailure(`opening ${file}`)
  try {
    for (const [map, entries] of Object.entries(sizes))
      check(lib.setMaxEntries(lib.findMap(object, map), entries), `sizing the BPF map ${map}`)
    const program = lib.findProgram(object, name)
    const log = Buffer.allocUnsafeSlow(LOG_BYTES)
    log[0] = 0
    lib.setLogBuffer(program, addressOf(log), LOG_BYTES)
    const status = lib.load(object)
    if (status < 0) throw loadFailure(name, -status, log)
    const fd = duplicate(lib.programFd(program))
    return { fd, maps: mapsOf(fd) }
  } finally {
    lib.closeObject(object)
  }
}

function loadFailure(name: string, errno: number, log: Buffer): Failure {
  const { code, message } = systemFailure(`loading the BPF program ${name}`, errno)
  if (code === 'permission')
    return new Failure(code, `${message}: run as root outside any user namespace, or \`fullnat up --datapath=tun\``)
  const lines = log.toString('latin1', 0, log.indexOf(0)).trimEnd().split('\n')
  const needs = `this is Linux ${release()}, ${KNOWN}`
  return new Failure(code, [message, needs, ...lines.slice(-3)].filter((line) => line !== '').join('; '))
}

/** libbpf closes its own descriptors with the object. */
function duplicate(fd: number): number {
  const info = readInfo(fd, PROGRAM_INFO)
  return check(libbpf().programById(info.getUint32(4, true)), 'bpf_prog_get_fd_by_id')
}

/** struct bpf_prog_info, struct bpf_map_info (linux/bpf.h): as much as is read here. */
const PROGRAM_INFO = 96
const MAP_INFO = 40
const MAPS_MOST = 64

function readInfo(fd: number, bytes: number, prepare: (view: DataView) => void = () => {}): DataView {
  const view = new DataView(new ArrayBuffer(bytes))
  const length = new Uint32Array([bytes])
  prepare(view)
  check(libbpf().info(fd, addressOf(view), addressOf(length)), 'bpf_obj_get_info_by_fd')
  return view
}

/** The maps that a program uses, by name, each with a descriptor of its own. */
export function mapsOf(program: number): Map<string, BpfMap> {
  const ids = new Uint32Array(MAPS_MOST)
  const info = readInfo(program, PROGRAM_INFO, (view) => {
    view.setUint32(52, MAPS_MOST, true)
    view.setBigUint64(56, BigInt(addressOf(ids)), true)
  })
  const maps = [...ids.subarray(0, info.getUint32(52, true))].map((id) => {
    const fd = check(libbpf().mapById(id), 'bpf_map_get_fd_by_id')
    const map = readInfo(fd, MAP_INFO)
    const name = Buffer.from(map.buffer, 24, 16).toString('latin1').split('\0')[0]
    return { name, fd, valueSize: map.getUint32(12, true), entries: map.getUint32(16, true) }
  })
  return new Map(maps.map((map) => [map.name, map]))
}

/** The first value of an array map, read once, nothing mapped. */
export function readElement({ name, fd, valueSize }: BpfMap): Int32Array {
  const [key, value] = [new Uint32Array(1), new Int32Array(valueSize / 4)]
  const status = libbpf().lookup(fd, addressOf(key), addressOf(value))
  if (status < 0) throw systemFailure(`reading the BPF map ${name}`, -status)
  return value
}

const PROT_READ_WRITE = 3
const MAP_SHARED = 1

/** All values of an array map made with BPF_F_MMAPABLE, as the memory that the program itself reads and writes. */
export function mapMemory({ name, fd, valueSize, entries }: BpfMap): ArrayBuffer {
  const bytes = valueSize * entries
  const address = mmap(0, bytes, PROT_READ_WRITE, MAP_SHARED, fd, 0)
  if (BigInt(address) === 2n ** 64n - 1n) throw systemFailure(`mapping the BPF map ${name}`)
  return koffi.view(BigInt(address), bytes)
}

/** struct bpf_tc_hook, struct bpf_tc_opts (bpf/libbpf.h). */
const INGRESS = 1
const BOTH_WAYS = 3
const EEXIST = 17
const ENOENT = 2
/** There is no clsact on the interface. */
const EINVAL = 22

function hookOf(index: number): DataView {
  const hook = new DataView(new ArrayBuffer(24))
  hook.setBigUint64(0, 24n, true)
  hook.setInt32(8, index, true)
  hook.setInt32(12, INGRESS, true)
  return hook
}

function filterOf(handle: number, priority: number, program: number): DataView {
  const filter = new DataView(new ArrayBuffer(32))
  filter.setBigUint64(0, 32n, true)
  filter.setInt32(8, program, true)
  filter.setUint32(20, handle, true)
  filter.setUint32(24, priority, true)
  return filter
}

/** What tells our filter on an interface from anybody else's. */
export interface FilterPlace {
  /** Interface index. */
  index: number
  handle: number
  priority: number
}

/** Gives the interface a clsact qdisc, which filters hang on; false if it has one. */
export function makeHook(index: number): boolean {
  const status = libbpf().createHook(addressOf(hookOf(index)))
  if (status < 0 && status !== -EEXIST) throw systemFailure('making a clsact hook', -status)
  return status === 0
}

/** Takes the clsact qdisc away, whatever hangs on it. */
export function destroyHook(index: number): void {
  const hook = hookOf(index)
  hook.setInt32(12, BOTH_WAYS, true)
  const status = libbpf().destroyHook(addressOf(hook))
  if (status < 0 && status !== -ENOENT && status !== -EINVAL) throw systemFailure('removing a clsact hook', -status)
}

/** Runs the program for every packet that the interface receives, in the place of one that already stands there. */
export function attach({ index, handle, priority }: FilterPlace, program: number): void {
  const lib = libbpf()
  const hook = hookOf(index)
  const filter = filterOf(handle, priority, program)
  filter.setUint32(12, 1, true) // BPF_TC_F_REPLACE
  const status = lib.attach(addressOf(hook), addressOf(filter))
  if (status < 0) throw systemFailure('attaching a BPF filter', -status)
}

/** Takes the filter away; nothing happens where there is none. */
export function detach({ index, handle, priority }: FilterPlace): void {
  const hook = hookOf(index)
  const filter = filterOf(handle, priority, 0)
  const status = libbpf().detach(addressOf(hook), addressOf(filter))
  if (status < 0 && status !== -ENOENT && status !== -EINVAL) throw systemFailure('detaching a BPF filter', -status)
}

/** The program of the filter there, null if there is none. */
export function programAt({ index, handle, priority }: FilterPlace): BpfProgram | null {
  const lib = libbpf()
  const hook = hookOf(index)
  const filter = filterOf(handle, priority, 0)
  if (lib.query(addressOf(hook), addressOf(filter)) < 0) return null
  const fd = check(lib.programById(filter.getUint32(16, true)), 'bpf_prog_get_fd_by_id')
  return { fd, maps: mapsOf(fd) }
}

/** A run of the program on one packet (BPF_PROG_TEST_RUN). */
export interface TestRun {
  /** TC_ACT_*. */
  verdict: number
  packet: Buffer
  /** Nanoseconds a run, mean of `repeat`. */
  durationNs: number
}

/** struct bpf_test_run_opts (bpf/libbpf.h). */
export function testRun(program: number, packet: Buffer, repeat = 1): TestRun {
  const out = Buffer.alloc(packet.length + 256)
  const options = new DataView(new ArrayBuffer(80))
  options.setBigUint64(0, 80n, true)
  options.setBigUint64(8, BigInt(addressOf(packet)), true)
  options.setBigUint64(16, BigInt(addressOf(out)), true)
  options.setUint32(24, packet.length, true)
  options.setUint32(28, out.length, true)
  options.setInt32(60, repeat, true)
  const status = libbpf().testRun(program, addressOf(options))
  if (status < 0) throw systemFailure('BPF_PROG_TEST_RUN', -status)
  const length = options.getUint32(28, true)
  return {
    verdict: options.getInt32(56, true),
    packet: out.subarray(0, length),
    durationNs: options.getUint32(64, true),
  }
}

export const close = ({ fd, maps }: BpfProgram): void => {
  for (const each of [fd, ...[...maps.values()].map((map) => map.fd)]) closeSync(each)
}
