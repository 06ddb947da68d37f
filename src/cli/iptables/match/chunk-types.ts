/** SCTP's types of chunks by name, and `--chunk-types` (iptables 1.8.9, extensions/libxt_sctp.c). */
import type { ChunkType, SctpChunks } from '../../../model/netfilter.js'
import { misuse } from '../complaint.js'

/** In the tool's order, which its complaints count by. */
const TYPES: Readonly<Record<string, number>> = {
  ...{ DATA: 0, INIT: 1, INIT_ACK: 2, SACK: 3, HEARTBEAT: 4, HEARTBEAT_ACK: 5, ABORT: 6, SHUTDOWN: 7, SHUTDOWN_ACK: 8 },
  ...{ ERROR: 9, COOKIE_ECHO: 10, COOKIE_ACK: 11, ECN_ECNE: 12, ECN_CWR: 13, SHUTDOWN_COMPLETE: 14, I_DATA: 64 },
  ...{ RE_CONFIG: 130, PAD: 132, ASCONF: 193, ASCONF_ACK: 128, FORWARD_TSN: 192, I_FORWARD_TSN: 194 },
}
const NAMES = new Map(Object.entries(TYPES).map(([name, type]) => [type, name]))

/** Letters of the flags that a type has, from the highest bit to the lowest of the last ones. */
const FLAGS: Readonly<Record<string, string>> = { DATA: 'IUBE', I_DATA: 'IUBE', ABORT: 'T', SHUTDOWN_COMPLETE: 'T' }

const EXTENTS = ['all', 'any', 'only'] as const

export function chunksOf(extent: string, list: string): SctpChunks {
  const found = EXTENTS.find((one) => one === extent.toLowerCase())
  if (!found) throw misuse('Match type has to be one of "ALL", "ANY" or "ONLY"')
  return { extent: found, types: typesOf(list) }
}

function typesOf(list: string): SctpChunks['types'] {
  const word = list.toUpperCase()
  if (word === 'ALL') return word
  if (word === 'NONE') return []
  const found = new Map<number, ChunkType>()
  for (const part of list.split(',').filter((text) => text !== '')) {
    const { type, mask, set } = chunkType(part)
    const before = found.get(type)
    found.set(type, { type, mask: mask | (before?.mask ?? 0), set: set | (before?.set ?? 0) })
  }
  return [...found.values()].sort((a, b) => a.type - b.type)
}

/** A capital is a flag that is set, a small letter one that is not; what was once to be set stays so. */
function chunkType(part: string): ChunkType {
  const colon = part.indexOf(':')
  const written = colon < 0 ? part : part.slice(0, colon)
  const name = written.toUpperCase()
  if (!Object.hasOwn(TYPES, name)) throw misuse(`Unknown sctp chunk \`${written}'`)
  const found: ChunkType = { type: TYPES[name], mask: 0, set: 0 }
  for (const letter of colon < 0 ? '' : part.slice(colon + 1)) {
    const bit = bitOf(name, letter.toUpperCase())
    found.mask |= bit
    if (letter === letter.toUpperCase()) found.set |= bit
  }
  return found
}

function bitOf(name: string, letter: string): number {
  const letters = FLAGS[name] ?? ''
  const at = letters.indexOf(letter)
  if (at < 0) throw misuse(`Invalid flags for chunk type ${Object.keys(TYPES).indexOf(name)}`)
  return 1 << (letters.length - 1 - at)
}

/** `any DATA:Be,INIT`; by number with -n. */
export function chunksText({ extent, types }: SctpChunks, numeric: boolean): string {
  if (types === 'ALL') return `${extent} ALL`
  return `${extent} ${types.map((one) => typeText(one, numeric)).join(',') || 'NONE'}`
}

function typeText({ type, mask, set }: ChunkType, numeric: boolean): string {
  const hex = `0x${type.toString(16).toUpperCase().padStart(4, '0')}`
  const name = NAMES.get(type)
  const letters = FLAGS[name ?? ''] ?? ''
  const flags = [...letters].filter((letter) => mask & bitOf(name!, letter))
  const shown = flags.map((letter) => (set & bitOf(name!, letter) ? letter : letter.toLowerCase())).join('')
  return `${numeric ? hex : (name ?? hex)}${shown === '' ? '' : `:${shown}`}`
}
