/**
 * The host side of the TUN data path: the device, its routing tables, and the rules that steer exactly the packets of
 * balanced services into it, before the host's own stack sees them (placement.ts).
 *
 * Promises: at no instant is there no rule for the local table; everything is tagged as ours, found again after a
 * kill, and taken away by `remove`, settings included. While nobody reads the device, its table drops packets: the
 * host never answers for a balanced port with a reset. It never looks at a packet.
 */
import { closeSync } from 'node:fs'
import type { Family } from '../../address/words.js'
import { Failure } from '../../failure/failure.js'
import * as rtnetlink from '../../sys/rtnetlink.js'
import {
  addKernelLocalRule,
  addRules,
  deleteRules,
  keyOf,
  LOCAL_TABLE,
  localRule,
  plainRule,
  type Rule,
  rules,
} from '../../sys/rule.js'
import { openTun, setPersistent } from '../../sys/tun.js'
import { confineLocalPorts } from './local-ports.js'
import { ERROR_TABLE, LOCAL_PRIORITY, place, SKIP_PRIORITY, TABLE } from './placement.js'
import { Settings } from './settings.js'
import type { HostSteering, PortWindow, SteeringSpec } from './spec.js'

const KERNEL_LOCAL_PRIORITY = 0
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
    const { families, ours, others } = rules()
    rtnetlink.addRoutes(routes(families, index))
    addRules(lacking(byKey(ours), byKey(this.frame(families))))
    deleteRules(others.filter((rule) => isLocal(rule) && rule.priority === KERNEL_LOCAL_PRIORITY))
  }

  async steer(desired: SteeringSpec): Promise<void> {
    const { families, ours } = rules()
    const wanted = place(desired)
    const stranger = wanted.find(({ family }) => !families.includes(family))
    if (stranger) throw new Failure('family-unsupported', `this kernel has no IPv${stranger.family}`)
    if (wanted.some(({ family }) => family === 6)) this.forwardIpv6()
    const tunnels = desired.ignoreTunneled ? tunnelNames() : []
    const unsteered = families.flatMap((family) => tunnels.map((name) => passing(family, name)))
    const [present, desiredRules] = [byKey(ours), byKey([...wanted, ...unsteered, ...this.frame(families)])]
    addRules(lacking(present, desiredRules))
    deleteRules(lacking(desiredRules, present))
  }

  async remove(): Promise<void> {
    const { families, ours, others } = rules()
    const frame = this.frame(families)
    deleteRules(lacking(byKey(frame), byKey(ours)))
    for (const family of families)
      if (!others.some((rule) => isLocal(rule) && rule.family === family))
        addKernelLocalRule(family, KERNEL_LOCAL_PRIORITY)
    deleteRules(frame)
    const index = this.indexOf()
    rtnetlink.deleteRoutes(routes(families, index ?? 0))
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
    for (const name of this.others().filter((name) => name !== 'lo')) {
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

  /** The rules that stand as long as we do; the one that is gone on at first. */
  private frame(families: Family[]): Rule[] {
    return families.flatMap((family) => [localRule(family, LOCAL_PRIORITY), passing(family, this.device)])
  }
}

/** What comes from this interface goes past every rule of ours. */
const passing = (family: Family, name: string): Rule => ({
  ...plainRule(family, SKIP_PRIORITY),
  inInterface: name,
  goto: LOCAL_PRIORITY,
})

const tunnelNames = (): string[] =>
  rtnetlink
    .links()
    .filter(({ type }) => TUNNEL_TYPES.includes(type))
    .map(({ name }) => name)

/** ARPHRD_TUNNEL, TUNNEL6, SIT, IPGRE, IP6GRE: of interfaces whose packets came inside others (linux/if_arp.h). */
const TUNNEL_TYPES: readonly number[] = [768, 769, 776, 778, 823]

const isLocal = ({ table, from, to, inInterface }: Rule): boolean =>
  table === LOCAL_TABLE && from === null && to === null && inInterface === ''

const byKey = (list: Rule[]): Map<string, Rule> => new Map(list.map((rule) => [keyOf(rule), rule]))

/** What of `all` is not in `some`. */
const lacking = (some: Map<string, Rule>, all: Map<string, Rule>): Rule[] =>
  [...all].filter(([key]) => !some.has(key)).map(([, rule]) => rule)

const routes = (families: Family[], index: number): rtnetlink.Route[] =>
  families.flatMap((family) => [
    { family, table: TABLE, interface: index, metric: 1 },
    { family, table: TABLE, interface: 0, metric: LAST },
    { family, table: ERROR_TABLE, interface: index, metric: 1 },
  ])

/** Of the device: packets leave it with a source of this host, and with no reader its route does not count. */
const DEVICE_SETTINGS = {
  'net/ipv4/conf/DEV/forwarding': '1',
  'net/ipv4/conf/DEV/accept_local': '1',
  'net/ipv4/conf/DEV/ignore_routes_with_linkdown': '1',
  'net/ipv4/conf/DEV/send_redirects': '0',
  'net/ipv6/conf/DEV/addr_gen_mode': '1',
  'net/ipv6/conf/DEV/accept_ra': '0',
  'net/ipv6/conf/DEV/disable_ipv6': '0',
  'net/ipv6/conf/DEV/ignore_routes_with_linkdown': '1',
}
