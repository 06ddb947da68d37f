/** The checks that need several options together, and the Request they make. */
import type { DestinationKey, DestinationOptions } from '../../commands/command.js'
import type { ServiceKey, ServiceOptions } from '../../model/service.js'
import { defaults } from '../../model/state.js'
import type { Form } from './form.js'
import { Refusal } from './refusal.js'
import type { Request, View } from './request.js'
import { checkTunnel, type OptionName } from './rule.js'

/** `form` has passed the matrix, so what its command needs is there. */
export function requestOf(form: Form, flags: number): Request {
  const service = form.service as ServiceKey
  switch (form.command) {
    case 'add-service':
    case 'edit-service': {
      const kind = form.command === 'add-service' ? 'service.add' : 'service.edit'
      return { kind: 'change', command: { kind, key: service, options: serviceOptions(form, service, flags) } }
    }
    case 'delete-service':
      return { kind: 'change', command: { kind: 'service.delete', key: service } }
    case 'flush':
      return { kind: 'change', command: { kind: 'service.flush' } }
    case 'zero':
      return { kind: 'change', command: { kind: 'service.zero', key: form.service } }
    case 'add-server':
    case 'edit-server': {
      const kind = form.command === 'add-server' ? 'destination.add' : 'destination.edit'
      return { kind: 'change', command: { kind, service, ...server(form, service) } }
    }
    case 'delete-server':
      return { kind: 'change', command: { kind: 'destination.delete', service, key: keyOf(form) } }
    case 'list':
      return list(form)
    case 'save':
      return { kind: 'save', numeric: form.given.has('numeric') }
    case 'restore':
      return { kind: form.command }
    case 'start-daemon':
      return { kind: 'change', command: { kind: 'daemon.start', role: form.role, daemon: form.daemon } }
    case 'stop-daemon':
      return { kind: 'change', command: { kind: 'daemon.stop', role: form.role } }
    case 'set':
      return { kind: 'change', command: { kind: 'timeouts.set', timeouts: form.timeouts } }
  }
}

function serviceOptions(form: Form, { fwmark, port, protocol }: ServiceKey, flags: number): ServiceOptions {
  if (!fwmark && !port && !form.persistence) throw new Refusal('Zero port specified for non-persistent service')
  if (form.onePacket && !fwmark && protocol !== 'udp')
    throw new Refusal('One-Packet Scheduling is only for UDP virtual services')
  return {
    scheduler: form.scheduler || defaults.scheduler,
    schedulerFlags: flags,
    persistence: form.persistence,
    persistenceMask: form.mask,
    persistenceEngine: form.engine,
    onePacket: form.onePacket,
  }
}

const keyOf = ({ real }: Form): DestinationKey => ({ address: real.address, port: real.port })

/** Only masquerading can change the port; with a mark there is no port to keep. */
function server(form: Form, service: ServiceKey): { key: DestinationKey; options: DestinationOptions } {
  const { method, weight, upperThreshold, lowerThreshold, tunnel, real } = form
  if (real.family !== service.family && method !== 'tunnel')
    throw new Refusal('Different address family is allowed only for tunneling servers')
  checkTunnelOptions(form)
  const port = service.fwmark || method === 'masq' ? real.port : service.port
  return {
    key: { address: real.address, port },
    options: { method, weight, upperThreshold, lowerThreshold, tunnel },
  }
}

const TUNNEL_OPTIONS: readonly OptionName[] = ['tun-type', 'tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum']

function checkTunnelOptions({ method, tunnel, given }: Form): void {
  if (method !== 'tunnel' && TUNNEL_OPTIONS.some((name) => given.has(name)))
    throw new Refusal('Tunnel options conflict with forward method')
  checkTunnel(tunnel.type, given)
}

/** Where several views are asked for, the first of these is shown. */
const VIEWS: readonly Exclude<View, 'plain'>[] = ['stats', 'rate', 'thresholds', 'persistent-conn', 'tun-info']

function list({ given, service }: Form): Request {
  const has = (...names: OptionName[]) => names.some((name) => given.has(name))
  const counts = has('connection', 'timeout', 'daemon') && has('stats', 'rate', 'thresholds')
  const persistence = has('timeout', 'daemon') && has('persistent-conn')
  if (counts || persistence) throw new Refusal('options conflicts in the list command')
  const numeric = has('numeric')
  if (has('connection')) return { kind: 'connections', numeric, engineData: has('persistent-conn') }
  if (has('timeout')) return { kind: 'timeouts' }
  if (has('daemon')) return { kind: 'daemons' }
  const view = VIEWS.find((name) => given.has(name)) ?? 'plain'
  return { kind: 'list', service, view, numeric, sorted: !has('nosort'), exact: has('exact') }
}
