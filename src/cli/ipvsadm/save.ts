/** `ipvsadm -S`: the lines that `ipvsadm -R` makes the same services of. */
import type { ServicesView } from '../../api/routes.js'
import type { Destination, Service } from '../../model/service.js'
import { formatFlags } from './flag.js'
import { maskOf } from './layout.js'
import { destinationsOf } from './listing.js'
import type { Naming } from './naming.js'
import { sortServices } from './order.js'

const PROTOCOL = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const
const METHOD = { masq: '-m', tunnel: '-i', gate: '-g' } as const

export function saveLines({ services }: ServicesView, naming: Naming): string {
  return sortServices(services)
    .flatMap((service) => [serviceLine(service, naming), ...serverLines(service, naming)])
    .map((line) => `${line}\n`)
    .join('')
}

function serviceLine(service: Service, naming: Naming): string {
  const { scheduler, persistence, persistenceEngine: engine } = service
  const flags = formatFlags(service.schedulerFlags, scheduler)
  const mask = persistence ? maskOf(service) : ''
  const words = [
    `-A ${address(service, naming)} -s ${scheduler}`,
    persistence && `-p ${persistence}`,
    mask && `-M ${mask}`,
    engine && `--pe ${engine}`,
    service.onePacket && '-o',
    flags && `-b ${flags}`,
  ]
  return words.filter(Boolean).join(' ')
}

function serverLines(service: Service, naming: Naming): string[] {
  const head = `-a ${address(service, naming)}`
  return destinationsOf(service, true).map((d) => {
    const words = [
      `${head} -r ${naming(d.address, d.port, service.protocol)} ${METHOD[d.method]} -w ${d.weight}`,
      d.method === 'tunnel' && tunnel(d),
      d.upperThreshold && `-x ${d.upperThreshold}`,
      d.lowerThreshold && `-y ${d.lowerThreshold}`,
    ]
    return words.filter(Boolean).join(' ')
  })
}

function address({ fwmark, family, protocol, address, port }: Service, naming: Naming): string {
  if (fwmark) return `-f ${fwmark}${family === 6 ? ' -6' : ''}`
  return `${PROTOCOL[protocol]} ${naming(address, port, protocol)}`
}

function tunnel({ tunnel: { type, port, checksum } }: Destination): string {
  if (type === 'ipip') return '--tun-type ipip'
  return `--tun-type ${type}${type === 'gue' ? ` --tun-port ${port}` : ''} --tun-${checksum}`
}
