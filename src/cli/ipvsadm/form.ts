/** What the options of one command line have said so far. */
import type { Family } from '../../address/words.js'
import type { Method, ServiceKey, ServiceProtocol, Tunnel } from '../../model/service.js'
import { defaults, type Timeouts } from '../../model/state.js'
import { type DaemonRole, type SyncDaemon, syncDefaults } from '../../model/sync.js'
import { Refusal } from './refusal.js'
import type { CommandName, OptionName } from './rule.js'
import { endpoint, type Lookup, mark, mask4, mask6 } from './value.js'

const FULL_MASK = { 4: 32, 6: 128 } as const

export class Form {
  readonly command: CommandName
  readonly lookup: Lookup
  readonly given = new Set<OptionName>()
  /** null until -t, -u, --sctp-service or -f: what stands before it does not know the family. */
  service: ServiceKey | null = null
  scheduler = ''
  flags = ''
  persistence = 0
  mask: number = FULL_MASK[4]
  engine = ''
  onePacket = false
  real = { family: 4 as Family, address: '', port: 0 }
  method: Method = 'gate'
  weight: number = defaults.weight
  upperThreshold = 0
  lowerThreshold = 0
  tunnel: Tunnel = { type: 'ipip', port: 0, checksum: 'nocsum' }
  /** The word of --start-daemon and --stop-daemon. */
  role: DaemonRole = 'master'
  /** Its length, 0, is for the director to say. */
  daemon: SyncDaemon = { interface: '', syncId: 0, maxLength: 0, ...syncDefaults }
  /** The three words of --set. */
  timeouts: Timeouts = { tcp: 0, tcpFin: 0, udp: 0 }

  constructor(command: CommandName, lookup: Lookup) {
    this.command = command
    this.lookup = lookup
  }

  /** Notes an option by its name in messages; twice is refused. */
  give(name: OptionName): void {
    if (this.given.has(name)) throw new Refusal(`multiple '${name}' options specified`)
    this.given.add(name)
  }

  setService(protocol: ServiceProtocol, text: string): void {
    const found = endpoint(text, protocol, this.lookup)
    if (!found) throw new Refusal('illegal virtual server address[:port] specified')
    const { family, address, port } = found
    if (family === 6) this.#turnToIpv6()
    this.service = { family, protocol, address, port: port ?? 0, fwmark: 0 }
  }

  setMark(text: string): void {
    this.service = { family: 4, protocol: 'tcp', address: '', port: 0, fwmark: mark(text) }
  }

  /** -6: the mark is for IPv6. */
  setIpv6(): void {
    if (!this.service?.fwmark) throw new Refusal('-6 used before -f\n')
    this.service = { ...this.service, family: 6 }
    this.#turnToIpv6()
  }

  setMask(text: string): void {
    this.mask = this.service?.family === 6 ? mask6(text) : mask4(text)
  }

  /** Without a port the real server has the port of the service named before it. */
  setReal(text: string): void {
    const found = endpoint(text, this.service?.protocol ?? '', this.lookup)
    if (!found) throw new Refusal('illegal real server address[:port] specified')
    this.real = { ...found, port: found.port ?? this.service?.port ?? 0 }
  }

  /** A mask that was read as an IPv4 one means nothing any more. */
  #turnToIpv6(): void {
    if (this.given.has('netmask')) throw new Refusal('illegal ipv6 netmask specified')
    this.mask = FULL_MASK[6]
  }
}
