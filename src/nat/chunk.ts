/** Whether a packet's SCTP chunks are those a rule is for (net/netfilter/xt_sctp.c, match_packet). */
import { CHUNK_WORDS, type ChunkSpec, Extent } from './chain.js'
import type { NatPacket } from './packet.js'

const HEADER = 4

/** Of Extent.all: types not met yet; one for all rules, since one is asked after the other. */
const missing = new Int32Array(CHUNK_WORDS)

/** A packet whose chunks cannot be read matches nothing. */
export function haveChunks(specs: ChunkSpec[], packet: NatPacket): boolean {
  for (let i = 0; i < specs.length; i++)
    if (!areReadable(packet) || areChunks(specs[i], packet) === specs[i].invert) return false
  return true
}

function areReadable({ view, listFrom, listTo }: NatPacket): boolean {
  if (listFrom >= listTo) return false
  for (let at = listFrom; at < listTo; at = next(view, at))
    if (at + HEADER > listTo || view.getUint16(at + 2) === 0) return false
  return true
}

/** Behind the chunk and what pads it. */
const next = (view: DataView, at: number): number => at + ((view.getUint16(at + 2) + 3) & ~3)

function areChunks(spec: ChunkSpec, { view, listFrom, listTo }: NatPacket): boolean {
  const { extent, types } = spec
  for (let i = 0; i < CHUNK_WORDS; i++) missing[i] = types[i]
  for (let at = listFrom; at < listTo; at = next(view, at)) {
    const type = view.getUint8(at)
    const isOne = ((types[type >>> 5] >>> (type & 31)) & 1) === 1 && hasFlags(spec, type, view.getUint8(at + 1))
    if (isOne && extent === Extent.any) return true
    if (isOne) missing[type >>> 5] &= ~(1 << (type & 31))
    else if (extent === Extent.only) return false
  }
  return extent === Extent.only || (extent === Extent.all && isClear())
}

function hasFlags({ flags }: ChunkSpec, type: number, given: number): boolean {
  for (let i = 0; i < flags.length; i++) if (flags[i].type === type) return (given & flags[i].mask) === flags[i].set
  return true
}

function isClear(): boolean {
  for (let i = 0; i < CHUNK_WORDS; i++) if (missing[i] !== 0) return false
  return true
}
