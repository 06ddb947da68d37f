/** What each request but a restore does: a change is sent, a listing is fetched and shown. */

import type { ConnectionsView } from '../../api/routes.js'
import type { Service } from '../../model/service.js'
import type { CliIo, DirectorClient } from '../io.js'
import type { Names } from '../name/names.js'
import { addressesIn, connectionRows, connectionTitle } from './connection.js'
import { daemonRows } from './daemon.js'
import { help, version } from './help.js'
import { banner, serviceRows, servicesOf } from './listing.js'
import { failureText } from './message.js'
import { type Naming, namingOf, numericNaming } from './naming.js'
import { MISSING, REFUSED, Refusal } from './refusal.js'
import type { Listing, Request } from './request.js'
import { saveLines } from './save.js'

/** Does what a request asks for; its exit status. Throws a Refusal where the program would end at once. */
export async function perform(
  request: Exclude<Request, { kind: 'restore' }>,
  io: CliIo,
  names: Names,
): Promise<number> {
  switch (request.kind) {
    case 'change':
      return change(request, io)
    case 'list':
      return list(request, io, names)
    case 'save':
      io.out(await saved(io.director, request.numeric, names))
      return 0
    case 'connections':
      await connections(io, request, names)
      return 0
    case 'timeouts': {
      const { tcp, tcpFin, udp } = (await io.director.services(false)).timeouts
      io.out(`Timeout (tcp tcpfin udp): ${tcp} ${tcpFin} ${udp}\n`)
      return 0
    }
    case 'daemons':
      io.out(daemonRows((await io.director.daemons()).daemons))
      return 0
    case 'help':
      io.out(help)
      return 0
    case 'version':
      io.out(version)
      return 0
  }
}

async function change({ command }: Extract<Request, { kind: 'change' }>, io: CliIo): Promise<number> {
  const [result] = await io.director.commands([command])
  if (result.ok) return 0
  io.err(`${failureText(result.failure)}\n`)
  return REFUSED
}

async function list(listing: Listing, io: CliIo, names: Names): Promise<number> {
  const view = await io.director.services(true)
  const services = servicesOf(view, listing)
  if (!services) throw new Refusal('No such service', MISSING)
  const shown = services.flatMap(addressesOf)
  const rows = serviceRows(services, view, listing, await namingFor(listing.numeric, shown, names))
  io.out(listing.service ? rows : banner(view) + rows)
  return 0
}

async function saved(director: DirectorClient, numeric: boolean, names: Names): Promise<string> {
  const view = await director.services(false)
  return saveLines(view, await namingFor(numeric, view.services.flatMap(addressesOf), names))
}

/** Part by part: the director fetches the next one while this one is written. */
async function connections(
  { director, out }: CliIo,
  { numeric, engineData }: Extract<Request, { kind: 'connections' }>,
  names: Names,
): Promise<void> {
  out(connectionTitle(engineData))
  for (let coming: Promise<ConnectionsView> | null = director.connections(0); coming !== null; ) {
    const view: ConnectionsView = await coming
    coming = view.next < 0 ? null : director.connections(view.next)
    coming?.catch(() => {}) // it is told when it is its turn
    const shown = numeric ? [] : view.rows.flatMap(addressesIn)
    out(connectionRows(view, engineData, await namingFor(numeric, shown, names)))
  }
}

/** A firewall mark has none of its own. */
const addressesOf = ({ address, destinations }: Service): string[] =>
  [address, ...destinations.map((d) => d.address)].filter(Boolean)

const namingFor = async (numeric: boolean, addresses: string[], names: Names): Promise<Naming> =>
  numeric ? numericNaming : namingOf(addresses, names)
