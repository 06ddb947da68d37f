/** The connection table as people read it; the order is the table's own, as in the kernel. */
import { format } from '../address/words.js'
import * as record from '../conn/record.js'
import { SCTP_STATE_NAMES } from '../conn/sctp.js'
import type { ConnectionTable } from '../conn/table.js'
import { TCP_STATE_NAMES } from '../conn/tcp.js'
import { Protocol } from '../wire/frame.js'
import type { ConnectionView } from './data-plane.js'

const { Flag } = record
const ONE_STATE = ['UDP']

/** Records looked at for a page: what keeps the packets waiting for a millisecond or two. */
const PAGE = 512

/** The connections of one page. */
export interface ConnectionPage {
  views: ConnectionView[]
  /** Where the next page begins; -1 after the last. */
  next: number
}

/**
 * What a listing needs of a connection: protocol, state, expiresMs, client, virtual and destination with their ports, engineName,
 * engineData, as ConnectionView has them.
 */
export type ConnectionRow = readonly [
  protocol: number,
  state: string,
  expiresMs: number,
  client: string,
  clientPort: number,
  virtual: string,
  virtualPort: number,
  destination: string,
  destinationPort: number,
  engineName: string,
  engineData: string,
]

/** A page as JSON: its rows with commas between them. */
export interface ConnectionText {
  text: string
  next: number
}

/** A page for a listing of all: by objects with names in them a million connections took twice as long. */
export function pageText(table: ConnectionTable, from: number, nowTick: number): ConnectionText {
  const { views, next } = page(table, from, nowTick)
  return { text: views.map(rowText).join(), next }
}

/** Names of states and addresses have nothing in them that JSON would write otherwise. */
const rowText = (v: ConnectionView): string =>
  `[${v.protocol},"${v.state}",${v.expiresMs},"${v.client}",${v.clientPort},"${v.virtual}",${v.virtualPort},` +
  `"${v.destination}",${v.destinationPort},"${v.engineName}",${v.engineData === '' ? '""' : JSON.stringify(v.engineData)}]`

/** The page that begins at handle `from`, 0 for the first. */
export function page(table: ConnectionTable, from: number, nowTick: number): ConnectionPage {
  const views: ConnectionView[] = []
  const end = Math.min(from + PAGE, table.end)
  for (let handle = table.next(from - 1, end); handle >= 0; handle = table.next(handle, end))
    views.push(view(table, handle, nowTick))
  return { views, next: end < table.end ? end : -1 }
}

/** The connection of `handle`. */
export function view(table: ConnectionTable, handle: number, nowTick: number): ConnectionView {
  const { words } = table
  const base = table.base(handle)
  const meta = words[base + record.META]
  const clientPorts = words[base + record.CLIENT_PORTS]
  const realPorts = words[base + record.REAL_PORTS]
  const translated = (meta & Flag.translated) !== 0
  const isNamed = record.isFoundByText(meta)
  return {
    protocol: record.protocolOf(meta),
    state: stateName(meta),
    expiresMs: Math.max(0, (words[base + record.EXPIRES] - nowTick) | 0) * record.TICK_MS,
    client: format(words, base + (isNamed ? record.SOURCE_ADDRESS : record.CLIENT)),
    clientPort: clientPorts >>> 16,
    virtual: format(words, base + record.VIRTUAL),
    virtualPort: clientPorts & 0xffff,
    destination: format(words, base + record.REAL),
    destinationPort: realPorts >>> 16 || foretoldPort(table, base, meta),
    source: translated ? format(words, base + record.SOURCE_ADDRESS) : '',
    sourcePort: translated ? realPorts & 0xffff : 0,
    template: (meta & record.TEMPLATE_KIND) !== 0,
    engineName: isNamed ? 'sip' : '',
    engineData: isNamed ? table.texts.read(words[table.coldBase(handle) + record.TEXT] - 1) : '',
  }
}

/** By which a real server is expected to connect: below the one of the connection that foretold it, whichever it takes. */
function foretoldPort(table: ConnectionTable, base: number, meta: number): number {
  if ((meta & 0xff) !== record.EXPECTED_TCP) return 0
  const control = table.base(table.words[base + record.CONTROL] - 1)
  return (table.words[control + record.REAL_PORTS] >>> 16) - 1
}

function stateName(meta: number): string {
  if (meta & record.TEMPLATE_KIND) return meta & Flag.assured ? 'ASSURED' : 'NONE'
  const protocol = record.protocolOf(meta)
  const names = protocol === Protocol.tcp ? TCP_STATE_NAMES : protocol === Protocol.sctp ? SCTP_STATE_NAMES : ONE_STATE
  return names[record.stateOf(meta)]
}
