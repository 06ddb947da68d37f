/** What the control socket shows: the desired state beside the data path's counters, zero where it has none yet. */
import type { CarriersView, ServicesView, SettingsView, StatusView, TableView } from '../api/routes.js'
import type {
  DataPlaneStatus,
  DestinationCounters,
  RuleCounters,
  ServiceCarrier,
  ServiceCounters,
  Traffic,
} from '../engine/data-plane.js'
import type { RuleTable } from '../model/netfilter.js'
import type { Service } from '../model/service.js'
import { SETTING_PREFIX, settingNames, settingText } from '../model/settings.js'
import { defaults, type State } from '../model/state.js'

const NO_TRAFFIC: Traffic = {
  connections: 0,
  inPackets: 0,
  outPackets: 0,
  inBytes: 0,
  outBytes: 0,
  connectionRate: 0,
  inPacketRate: 0,
  outPacketRate: 0,
  inByteRate: 0,
  outByteRate: 0,
}

export function servicesView(state: State, counters: readonly ServiceCounters[]): ServicesView {
  const byId = new Map(counters.map((entry) => [entry.id, entry]))
  const all = state.services.map((service) => serviceCounters(service, byId.get(service.id)))
  return { ...desiredView(state), counters: all }
}

export function carriersView(state: State, datapath: string, carriers: readonly ServiceCarrier[]): CarriersView {
  const byId = new Map(carriers.map((carrier) => [carrier.id, carrier]))
  const known = state.services.flatMap((service) => {
    const found = byId.get(service.id)
    return found ? [{ service: named(service), opening: found.opening, established: found.established }] : []
  })
  return { datapath, carriers: known }
}

const named = ({ family, protocol, address, port, fwmark, scheduler }: Service): string =>
  fwmark > 0
    ? `FWM ${fwmark}${family === 6 ? ' IPv6' : ''} ${scheduler}`
    : `${protocol.toUpperCase()} ${family === 6 ? `[${address}]` : address}:${port} ${scheduler}`

export const desiredView = ({ services, timeouts }: State): ServicesView => ({
  services,
  counters: [],
  timeouts,
  tableSize: defaults.reportedTableSize,
})

/** Destinations in the service's own order. */
function serviceCounters({ id, destinations }: Service, found: ServiceCounters | undefined): ServiceCounters {
  const byId = new Map(found?.destinations.map((entry) => [entry.id, entry]))
  return {
    id,
    traffic: found?.traffic ?? NO_TRAFFIC,
    destinations: destinations.map((destination) => byId.get(destination.id) ?? noCounters(destination.id)),
  }
}

const noCounters = (id: number): DestinationCounters => ({
  id,
  active: 0,
  inactive: 0,
  persistent: 0,
  traffic: NO_TRAFFIC,
})

/** Rules of chains that no balanced packet meets keep the counters they were given. */
export function tableView(table: RuleTable, counters: readonly RuleCounters[]): TableView {
  const byId = new Map(counters.map((entry) => [entry.id, entry]))
  const rules = table.chains.flatMap((chain) => chain.rules)
  return {
    table,
    rules: rules.map(({ id, packets, bytes }) => byId.get(id) ?? { id, packets, bytes }),
    policies: table.chains.map(({ id }) => byId.get(id) ?? { id, packets: 0, bytes: 0 }),
  }
}

export const settingsView = ({ settings }: State): SettingsView =>
  Object.fromEntries(settingNames.map((name) => [SETTING_PREFIX + name, settingText(settings[name])]))

/** What is counted of both, less what is the kernel's, is the engine's. */
export function carriedBy({ traffic, inKernel }: DataPlaneStatus): StatusView['carried'] {
  const packets = traffic.inPackets + traffic.outPackets - inKernel.packets
  const bytes = traffic.inBytes + traffic.outBytes - inKernel.bytes
  return { engine: { packets: Math.max(0, packets), bytes: Math.max(0, bytes) }, kernel: inKernel }
}

/** What is desired and carried; the rest is the director's own to say. */
export function statusView(
  { services, revision }: State,
  datapath: StatusView['datapath'],
  found: DataPlaneStatus,
): Omit<StatusView, 'version' | 'stateFolder' | 'api' | 'uptimeMs' | 'sync' | 'warnings'> {
  const { connections, capacity, drops, earlyPorts, received, sent, toHost } = found
  return {
    pid: process.pid,
    datapath,
    revision,
    services: services.length,
    destinations: services.reduce((sum, { destinations }) => sum + destinations.length, 0),
    connections,
    capacity,
    earlyPorts,
    drops,
    packets: { received, sent, toHost },
    carried: carriedBy(found),
  }
}
