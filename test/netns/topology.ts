/**
 * The networks of the tests, with addresses from the documentation ranges (RFC 5737, RFC 3849).
 *
 * The real servers have no route beyond their own subnet unless a test gives them one: an answer that reaches a
 * client outside it, or a client that is not the server's neighbour by address, has gone through the director.
 */
import type { Lab } from './lab.js'
import { addBridge, addHost, addRouter, type Host, type Interface, isIpv6 } from './network.js'

export type Family = 4 | 6

/** Who has which address; servers and clients count from 1. */
export interface Plan {
  length: number
  client: (n: number) => string
  vip: string
  /** The director's own address, the source that servers see. */
  director: string
  server: (n: number) => string
}

const SERVER_NET: Record<Family, Plan> = {
  4: {
    length: 24,
    client: (n) => `192.0.2.${99 + n}`,
    vip: '192.0.2.45',
    director: '192.0.2.10',
    server: (n) => `192.0.2.${20 + n}`,
  },
  6: {
    length: 64,
    client: (n) => `2001:db8::${99 + n}`,
    vip: '2001:db8::45',
    director: '2001:db8::10',
    server: (n) => `2001:db8::${20 + n}`,
  },
}

/** One flat network for all. */
export const flatPlan = SERVER_NET

/** Clients and VIP on a network of their own. */
export const twoArmPlan: Record<Family, Plan> = {
  4: { ...SERVER_NET[4], client: (n) => `198.51.100.${99 + n}`, vip: '198.51.100.45' },
  6: { ...SERVER_NET[6], client: (n) => `2001:db8:1::${99 + n}`, vip: '2001:db8:1::45' },
}

const FAMILIES: Family[] = [4, 6]
const RANGE_NET = {
  4: { router: '203.0.113.1', host: '203.0.113.100' },
  6: { router: '2001:db8:2::1', host: '2001:db8:2::100' },
}

export const FAR_NET = {
  4: {
    net: '203.0.113.0/24',
    director: '198.51.100.10',
    router: '198.51.100.1',
    gateway: '203.0.113.1',
    server: '203.0.113.21',
  },
  6: {
    net: '2001:db8:2::/64',
    director: '2001:db8:1::10',
    router: '2001:db8:1::1',
    gateway: '2001:db8:2::1',
    server: '2001:db8:2::21',
  },
}

export interface Network {
  clients: Host[]
  director: Host
  servers: Host[]
}

/** An interface with one address of each family. */
const both = (bridge: string, address: (family: Family) => string, more: Partial<Interface> = {}): Interface => ({
  bridge,
  addresses: FAMILIES.map((family) => `${address(family)}/${SERVER_NET[family].length}`),
  ...more,
})

const servers = (lab: Lab, bridge: string, more: Partial<Interface> = {}): Promise<Host[]> =>
  Promise.all(
    [1, 2].map((n) =>
      addHost(
        lab,
        `web${n}`,
        both(bridge, (family) => SERVER_NET[family].server(n), more),
      ),
    ),
  )

/** The article's: two clients, the director and two servers are neighbours; nobody has a default gateway. */
export async function flat(lab: Lab): Promise<Network> {
  await addBridge(lab, 'lan')
  const plan = flatPlan
  const clients = await Promise.all(
    [1, 2].map((n) =>
      addHost(
        lab,
        `client${n}`,
        both('lan', (family) => plan[family].client(n)),
      ),
    ),
  )
  const own = both('lan', (family) => plan[family].director)
  const vips = both('lan', (family) => plan[family].vip).addresses
  const director = await addHost(lab, 'director', { ...own, addresses: [...own.addresses, ...vips] })
  return { clients, director, servers: await servers(lab, 'lan') }
}

/**
 * The servers take what is for the VIP as their own and keep quiet about it on the network, as direct routing and tunnels
 * need: the address is on their loopback, and nobody is answered who asks for it (Linux answers no IPv6 solicitation for it).
 */
export async function ownVip(servers: Host[], plan: Plan): Promise<void> {
  const line = `echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore && echo 2 >/proc/sys/net/ipv4/conf/all/arp_announce &&
    ip address add ${plan.vip}/${isIpv6(plan.vip) ? '128 nodad' : 32} dev lo`
  for (const server of servers) await server.must(line)
}

/** The director between two networks; `gateway` makes it the servers' default gateway, as plain masq needs. */
export async function twoArm(lab: Lab, gateway: boolean, serverMtu = 1500): Promise<Network> {
  await addBridge(lab, 'outside')
  await addBridge(lab, 'inside')
  const plan = twoArmPlan
  const clients = await Promise.all(
    [1, 2].map((n) =>
      addHost(
        lab,
        `client${n}`,
        both('outside', (family) => plan[family].client(n)),
      ),
    ),
  )
  const director = await addHost(
    lab,
    'director',
    both('outside', (family) => plan[family].vip),
    both('inside', (family) => plan[family].director, { mtu: serverMtu }),
  )
  const gateways = gateway ? FAMILIES.map((family) => plan[family].director) : []
  return { clients, director, servers: await servers(lab, 'inside', { gateways }) }
}

/**
 * The servers are behind a router whose link to them carries only `mtu` bytes; neither director nor client knows. The servers
 * answer clients by another interface, the clients' own network.
 */
export async function serversBehindRouter(lab: Lab, mtu: number): Promise<Network> {
  await addBridge(lab, 'lan')
  await addBridge(lab, 'between')
  await addBridge(lab, 'far')
  const plan = flatPlan
  const client = await addHost(
    lab,
    'client1',
    both('lan', (family) => plan[family].client(1)),
  )
  const own = both('lan', (family) => plan[family].director)
  const vips = both('lan', (family) => plan[family].vip).addresses
  const between = both('between', (family) => FAR_NET[family].director)
  const director = await addHost(lab, 'director', { ...own, addresses: [...own.addresses, ...vips] }, between)
  await addRouter(
    lab,
    'router',
    both('between', (family) => FAR_NET[family].router),
    both('far', (family) => FAR_NET[family].gateway, { mtu }),
  )
  const server = await addHost(
    lab,
    'web1',
    both('lan', (family) => plan[family].server(1)),
    both('far', (family) => FAR_NET[family].server),
  )
  for (const family of FAMILIES) {
    const { net, router } = FAR_NET[family]
    await director.must(`ip route add ${net} via ${router}`)
  }
  return { clients: [client], director, servers: [server] }
}

/** Flat, but the client is behind a router whose link to it carries only `mtu` bytes; the client does not know. */
export async function clientBehindRouter(lab: Lab, mtu: number): Promise<Network> {
  await addBridge(lab, 'lan')
  await addBridge(lab, 'far')
  const router = (family: Family) => (family === 4 ? '192.0.2.1' : '2001:db8::1')
  await addRouter(
    lab,
    'router',
    both('lan', router),
    both('far', (family) => RANGE_NET[family].router, { mtu }),
  )
  const gateways = FAMILIES.map((family) => RANGE_NET[family].router)
  const client = await addHost(
    lab,
    'client1',
    both('far', (family) => RANGE_NET[family].host, { gateways }),
  )
  const own = both('lan', (family) => flatPlan[family].director, { gateways: FAMILIES.map(router) })
  const vips = both('lan', (family) => flatPlan[family].vip).addresses
  const director = await addHost(lab, 'director', { ...own, addresses: [...own.addresses, ...vips] })
  return { clients: [client], director, servers: await servers(lab, 'lan') }
}
