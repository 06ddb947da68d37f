/**
 * The host side of the TUN data path: the device, its routing table, and the rules that steer exactly the packets of
 * balanced services into it, before the host's own stack sees them.
 *
 *   priority  2   from fullnat0: go on at 20           what the engine sends is never steered again
 *   priority 10   to VIP, protocol, port: table 5400   one rule for each service
 *   priority 10   from real server, protocol, port: table 5400
 *   priority 20   table local                          moved here from 0
 *
 * Promises: at no instant is there no rule for the local table; everything is tagged as ours, found again after a
 * kill, and taken away by `remove`, settings included. While nobody reads the device, its table drops packets: the
 * host never answers for a balanced port with a reset. It never looks at a packet.
 */
import { closeSync } from 'node:fs'
import { familyOf } from '../../address/words.js'
import * as rtnetlink from '../../sys/rtnetlink.js'
import { openTun, setPersistent } from '../../sys/tun.js'
import { confineLocalPorts } from './local-ports.js'
import { Settings } from './settings.js'
import type { Endpoint, HostSteering, PortWindow, SteeringSpec } from './spec.js'

const TABLE = 5400
const SKIP_PRIORITY = 2
const STEER_PRIORITY = 10
const LOCAL_PRIORITY = 20
const KERNEL_LOCAL_PRIORITY = 0
const FAMILIES = [4, 6] as const
const MTU = 65_535
/** Packets that may wait for the engine; the driver's own 500 overflow while a thousand connections open at once. */
const QUEUE = 4096
/** Metric of the route that drops when the device has no reader. */
const LAST = 0x7fff_ffff

export class Steering implements HostSteering {
  private readonly device: string
  private readonly settings: Settings

  /** `settingsFile`: where the host's original settings are kept until `remove`. */
  constructor(device: string, settingsFile: string) {
    this.device = device
    this.settings = new Settings(settingsFile)
  }

  async install(): Promise<void> {
    const index = this.indexOf() ?? this.createDevice()
    for (const [name, value] of Object.entries(DEVICE_SETTINGS))
      this.settings.set(`${name}`.replace('DEV', this.device), value)
    rtnetlink.setLinkUp(index, MTU, QUEUE)
    this.relaxReversePath()
    this.forward('ipv4', 'net/ipv4/ip_forward')
    // Both families' switch. A packet that a local socket has claimed early is not forwarded into the device but dropped
    // (net/ipv4/ip_forward.c): the director's own connections to its real servers would hear no answer.
    this.settings.set('net/ipv4/ip_early_demux', '0')
    rtnetlink.addRoutes(this.routes(index))
    for (const family of FAMILIES) rtnetlink.addRules([localRule(family, LOCAL_PRIORITY), this.skipRule(family)])
    rtnetlink.deleteRules(FAMILIES.map((family) => localRule(family, KERNEL_LOCAL_PRIORITY)))
  }

  async steer(desired: SteeringSpec): Promise<void> {
    if ([...desired.requests, ...desired.replies].some(({ address }) => familyOf(address) === 6)) this.forwardIpv6()
    const wanted = new Map<string, rtnetlink.Rule>()
    for (const end of desired.requests) add(wanted, steerRule(end, 'to'))
    for (const end of desired.replies) add(wanted, steerRule(end, 'from'))
    const present = new Map(this.steered().map((rule) => [keyOf(rule), rule]))
    rtnetlink.addRules([...wanted].filter(([key]) => !present.has(key)).map(([, rule]) => rule))
    rtnetlink.deleteRules([...present].filter(([key]) => !wanted.has(key)).map(([, rule]) => rule))
  }

  async remove(): Promise<void> {
    rtnetlink.deleteRules(this.steered())
    for (const family of FAMILIES) rtnetlink.addLocalRule(family, KERNEL_LOCAL_PRIORITY)
    rtnetlink.deleteRules(FAMILIES.flatMap((family) => [this.skipRule(family), localRule(family, LOCAL_PRIORITY)]))
    const index = this.indexOf()
    rtnetlink.deleteRoutes(this.routes(index ?? 0))
    if (index !== null) rtnetlink.deleteLink(index)
    this.settings.restore()
  }

  /** The window of ports that the director's own connections are confined to from now on. */
  confineLocalPorts(): PortWindow {
    return confineLocalPorts(this.settings)
  }

  private indexOf(): number | null {
    return rtnetlink.links().find(({ name }) => name === this.device)?.index ?? null
  }

  private createDevice(): number {
    const fd = openTun(this.device)
    setPersistent(fd, true)
    closeSync(fd)
    return this.indexOf()!
  }

  /** The kernel takes the larger of `all` and the device's own: strict checks move from `all` to each other device. */
  private relaxReversePath(): void {
    const all = this.settings.read('net/ipv4/conf/all/rp_filter')
    if (all !== '0' && all !== null) {
      for (const name of this.others()) {
        const path = `net/ipv4/conf/${name}/rp_filter`
        this.settings.set(path, String(Math.max(Number(all), Number(this.settings.read(path)))))
      }
      this.settings.set('net/ipv4/conf/all/rp_filter', '0')
    }
    this.settings.set(`net/ipv4/conf/${this.device}/rp_filter`, '0')
  }

  /** Forwarding makes a host ignore router advertisements unless told otherwise (accept_ra 2). */
  private forwardIpv6(): void {
    for (const name of this.others()) {
      const path = `net/ipv6/conf/${name}/accept_ra`
      if (this.settings.read(path) === '1') this.settings.set(path, '2')
    }
    this.forward('ipv6', 'net/ipv6/conf/all/forwarding')
  }

  /** The global switch overwrites these, so they are noted first and put back last (inet_forward_change, net/ipv4/devinet.c). */
  private forward(family: string, global: string): void {
    if (this.settings.read(global) !== '0') return
    for (const name of this.others()) this.settings.keep(`net/${family}/conf/${name}/forwarding`)
    this.settings.keep(`net/${family}/conf/all/accept_redirects`)
    this.settings.set(global, '1')
  }

  /** Every other interface, and what new ones begin with. */
  private others(): string[] {
    const names = rtnetlink.links().map(({ name }) => name)
    return [...names.filter((name) => name !== this.device), 'default']
  }

  private routes(index: number): rtnetlink.Route[] {
    return FAMILIES.flatMap((family) => [
      { family, table: TABLE, interface: index, metric: 1 },
      { family, table: TABLE, interface: 0, metric: LAST },
    ])
  }

  private skipRule(family: 4 | 6): rtnetlink.Rule {
    const rule = rtnetlink.plainRule(family)
    return { ...rule, priority: SKIP_PRIORITY, inInterface: this.device, goto: LOCAL_PRIORITY }
  }

  private steered(): rtnetlink.Rule[] {
    return rtnetlink.rules().ours.filter(({ priority }) => priority === STEER_PRIORITY)
  }
}

/** Of the device: packets leave it with a source of this host, and with no reader its route does not count. */
const DEVICE_SETTINGS = {
  'net/ipv4/conf/DEV/forwarding': '1',
  'net/ipv4/conf/DEV/accept_local': '1',
  'net/ipv4/conf/DEV/ignore_routes_with_linkdown': '1',
  'net/ipv4/conf/DEV/send_redirects': '0',
  'net/ipv6/conf/DEV/addr_gen_mode': '1',
  'net/ipv6/conf/DEV/accept_ra': '0',
  'net/ipv6/conf/DEV/ignore_routes_with_linkdown': '1',
}

const localRule = (family: 4 | 6, priority: number): rtnetlink.Rule => ({
  ...rtnetlink.plainRule(family),
  priority,
  table: rtnetlink.LOCAL_TABLE,
})

function steerRule({ protocol, address, port }: Endpoint, side: 'to' | 'from'): rtnetlink.Rule {
  const rule = rtnetlink.plainRule(familyOf(address))
  const base = { ...rule, priority: STEER_PRIORITY, table: TABLE, protocol }
  return side === 'to' ? { ...base, to: address, destinationPort: port } : { ...base, from: address, sourcePort: port }
}

const keyOf = (rule: rtnetlink.Rule): string =>
  [rule.family, rule.protocol, rule.from, rule.sourcePort, rule.to, rule.destinationPort].join(' ')

const add = (rules: Map<string, rtnetlink.Rule>, rule: rtnetlink.Rule): void => {
  rules.set(keyOf(rule), rule)
}
