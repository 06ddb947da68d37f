/**
 * The data path in the kernel, as the packet thread opens it: the BPF program and the memory it shares with the engine.
 */
import { fileURLToPath } from 'node:url'
import { bytesFor, capacityIn, HEADER_WORDS } from '../conn/table.js'
import { indexBytesFor } from '../conn/tuple-index.js'
import { ENDED_PLACES } from '../conn/tuple-memory.js'
import * as layout from '../engine/kernel-layout.js'
import type { KernelMemory } from '../engine/kernel-memory.js'
import type { KernelProgram } from '../io/ebpf/program.js'
import * as bpf from '../sys/bpf.js'
import { processors } from '../sys/host.js'

/** Destinations the program counts for; connections of others stay with the engine. */
const SLOTS = 16_384
const WORD = 4
/** Entries of an index in an element of its map. */
const LINE_BYTES = layout.ENTRIES_IN_LINE * 2 * WORD
const OBJECT = fileURLToPath(new URL('../../../bpf/fullnat.bpf.o', import.meta.url))

export interface KernelPath {
  program: bpf.BpfProgram
  /** The connection table itself, and how many it holds. */
  connections: ArrayBuffer
  capacity: number
  memory: KernelMemory
  /** Of the tuple hash, as long as the memory lives. */
  hashSeed: readonly [number, number]
}

/**
 * What stands there already, with its connections and its size, if it is laid out as this version of fullnat has it; else
 * a new one for `capacity` connections. Failure('no-libbpf', 'permission', 'internal') where this kernel or user cannot.
 */
export function openKernelPath(place: KernelProgram, capacity: number, fresh: readonly [number, number]): KernelPath {
  const standing = place.standing()
  if (standing !== null && isOurs(standing)) return pathOf(standing, fresh)
  if (standing !== null) bpf.close(standing)
  const loaded = bpf.loadProgram(OBJECT, 'fullnat', sizes(capacity))
  return { ...pathOf(loaded, fresh), capacity }
}

/** Laid out as this version has it, and used before. */
function isOurs({ maps }: bpf.BpfProgram): boolean {
  const config = maps.get('config')
  return config !== undefined && bpf.readElement(config)[layout.CONFIG_LAYOUT] === layout.LAYOUT
}

const sizes = (capacity: number): Record<string, number> => ({
  connections: Math.ceil(bytesFor(capacity) / (HEADER_WORDS * WORD)),
  tuples: indexBytesFor(2 * capacity) / LINE_BYTES,
  destinations: SLOTS,
  traffic: SLOTS * processors(),
  config: 1,
  services: layout.SERVICES_MOST,
  service_index: indexBytesFor(layout.SERVICES_MOST) / LINE_BYTES,
  turns: layout.TURNS_MOST / layout.TURNS_IN_LINE,
  rings: processors(),
  born: (2 * layout.BORN_MOST) / layout.ENTRIES_IN_LINE,
  blocked: 2,
  ended: ENDED_PLACES,
})

/** As many connections as the table's own header says; 0 in new memory. */
function pathOf(program: bpf.BpfProgram, fresh: readonly [number, number]): KernelPath {
  const of = (map: string) => bpf.mapMemory(program.maps.get(map)!)
  const memory = {
    config: of('config'),
    tuples: of('tuples'),
    destinations: of('destinations'),
    traffic: of('traffic'),
    services: of('services'),
    serviceIndex: of('service_index'),
    turns: of('turns'),
    rings: of('rings'),
    born: of('born'),
    blocked: of('blocked'),
    ended: of('ended'),
  }
  const connections = of('connections')
  const capacity = capacityIn(new Int32Array(connections, 0, HEADER_WORDS))
  return { program, connections, capacity, memory, hashSeed: seedIn(new Int32Array(memory.config), fresh) }
}

/** The seed an earlier process began with: whoever reads the memory meanwhile must find the same. */
function seedIn(config: Int32Array, fresh: readonly [number, number]): readonly [number, number] {
  if (config[layout.CONFIG_SEED] === 0) config.set(fresh, layout.CONFIG_SEED)
  config[layout.CONFIG_LAYOUT] = layout.LAYOUT
  return [config[layout.CONFIG_SEED], config[layout.CONFIG_SEED + 1]]
}
