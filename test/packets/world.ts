/**
 * Who takes part in the golden cases, once in each family: a client and another, a virtual address, the director and two real
 * servers on one flat network, as in the LVS-SNAT article, and a router far away.
 */
import type { GoldenCase } from './golden.js'

type At = (port: number) => string

export interface World {
  /** 'IPv4' or 'IPv6'. */
  name: string
  family: 4 | 6
  iptables: 'iptables' | 'ip6tables'
  client: At
  other: At
  vip: At
  director: At
  web1: At
  web2: At
  router: string
}

export const v4: World = {
  name: 'IPv4',
  family: 4,
  iptables: 'iptables',
  client: (port) => `192.0.2.100:${port}`,
  other: (port) => `198.51.100.7:${port}`,
  vip: (port) => `192.0.2.45:${port}`,
  director: (port) => `192.0.2.10:${port}`,
  web1: (port) => `192.0.2.21:${port}`,
  web2: (port) => `192.0.2.22:${port}`,
  router: '203.0.113.1',
}

export const v6: World = {
  name: 'IPv6',
  family: 6,
  iptables: 'ip6tables',
  client: (port) => `[2001:db8::100]:${port}`,
  other: (port) => `[2001:db8:5::7]:${port}`,
  vip: (port) => `[2001:db8::45]:${port}`,
  director: (port) => `[2001:db8::10]:${port}`,
  web1: (port) => `[2001:db8::21]:${port}`,
  web2: (port) => `[2001:db8::22]:${port}`,
  router: '2001:db8:ffff::1',
}

/** The address without its port. */
export const bare = (at: At): string => at(0).replace(/^\[?(.+?)\]?:0$/, '$1')

/** One service with one real server, and the article's rule. */
export const snat = (w: World, service = '-t'): string[] => [...masq(w, service), snatRule(w)]

/** The same without a rule: plain LVS-NAT. */
export const masq = (w: World, service = '-t'): string[] => [
  `ipvsadm -A ${service} ${w.vip(80)} -s rr`,
  `ipvsadm -a ${service} ${w.vip(80)} -r ${w.web1(80)} -m`,
]

export const snatRule = (w: World, source = bare(w.director), protocol = ''): string =>
  `${w.iptables} -t nat -A POSTROUTING${protocol} -m ipvs --vaddr ${bare(w.vip)} --vport 80 -j SNAT --to-source ${source}`

/** The director's address with these ports for a source. */
export const poolRule = (w: World, ports: string, protocol = 'tcp'): string =>
  snatRule(w, w.family === 4 ? `${bare(w.director)}:${ports}` : `[${bare(w.director)}]:${ports}`, ` -p ${protocol}`)

/** The same cases for both families. */
export const bothFamilies = (cases: (w: World) => GoldenCase[]): GoldenCase[] => [...cases(v4), ...cases(v6)]
