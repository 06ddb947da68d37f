/** Why a service, or a part of its work, stays with the engine beside a program in the kernel: in words, for `fullnat services`. */
import { familyOf } from '../address/words.js'
import type { NatPacket } from '../nat/packet.js'
import { Binding, type Foresight } from '../nat/walk.js'
import { Ahead } from '../service/schedulers/scheduler.js'
import { FTP, Method, type Service } from '../service/service.js'
import { Protocol } from '../wire/frame.js'
import * as layout from './kernel-layout.js'

const BEYOND = 'a real server is reached by a tunnel, or is the director itself'
const isBeyond = (method: number, local: number): boolean =>
  local !== 0 || (method !== Method.masq && method !== Method.gate)

/** Why the engine makes a service's new connections; '' if the program can. It has room for so many destination `slots`. */
export function openingObstacle(service: Service, slots: number, forgets: boolean): string {
  const { spec, slot, ahead, list, count, destinations } = service
  const { upper, local, method, weight, forgets: forgetsOf } = destinations
  const servers = [...list.subarray(0, count)]
  if (spec.fwmark > 0) return 'a firewall mark is given by rules that each first packet meets'
  if (spec.protocol !== Protocol.tcp && spec.protocol !== Protocol.udp) return 'it is neither TCP nor UDP'
  if (spec.port === 0) return 'it is for every port'
  if (spec.port === FTP && spec.protocol === Protocol.tcp) return 'FTP opens connections of its own'
  if (spec.engine !== '') return `it is persistent by what ${spec.engine} says`
  if (spec.persistenceMs > 0 && servers.some((one) => weight[one] === 0 && (forgets || forgetsOf[one] !== 0)))
    return 'a server without weight loses its persistent clients'
  if (spec.onePacket) return 'each packet is scheduled by itself'
  if (ahead === Ahead.never && spec.persistenceMs === 0)
    return `${spec.scheduler} chooses by what only the engine knows`
  if (count === 0) return 'it has no real server'
  if (slot >= layout.SERVICES_MOST || servers.some((one) => one >= slots)) return 'there are too many services'
  if (servers.some((one) => upper[one] > 0)) return 'thresholds are exact'
  if (servers.some((one) => isBeyond(method[one], local[one]))) return BEYOND
  return ''
}

/** Why the engine carries its established connections. */
export function carryingObstacle({ spec, list, count, destinations }: Service): string {
  const { method, local } = destinations
  if (list.subarray(0, count).some((slot) => isBeyond(method[slot], local[slot]))) return BEYOND
  if (spec.protocol === Protocol.sctp && spec.fwmark === 0) return 'SCTP is carried by the engine'
  return spec.port === FTP && spec.fwmark === 0 ? 'FTP speaks of addresses' : ''
}

/** Why a source that is the same for every client is still not one that the program can give; '' if it is. */
export function sourceObstacle({ kind, source }: Foresight, { outAddress }: NatPacket): string {
  if (kind === Binding.drop) return 'a rule of nat drops its connections'
  if (source === null) return ''
  if (source.random) return 'its source ports are random'
  if (kind === Binding.masquerade) return outAddress === null ? 'the way out has no address' : ''
  if (source.first === null) return 'a rule of nat moves the client’s own port'
  if (source.first.some((word, i) => i < 3 && word !== source.last![i])) return 'its pool has several IPv6 addresses'
  if (source.first[3] !== source.last![3] && familyOf(source.first) === 6) return 'its pool has several IPv6 addresses'
  return ''
}
