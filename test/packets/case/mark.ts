/** Services by firewall mark: rules of mangle's PREROUTING say which packets are theirs. */
import { icmp, other, tcp, udp } from '../build.js'
import { command, drops, forwards, type GoldenCase, golden, toHost } from '../golden.js'
import { bare, bothFamilies, snatRule, type World } from '../world.js'

const WEB = ' -p tcp -m multiport --dports 80,443'

const mark = (w: World, conditions: string, to = '--set-mark 1'): string =>
  `${w.iptables} -t mangle -A PREROUTING${conditions} -j MARK ${to}`

/** One service, one real server; `port` is the server's. */
const service = (w: World, options = '', port = 0): string[] => {
  const six = w.family === 6 ? ' -6' : ''
  return [`ipvsadm -A -f 1${six} -s rr${options}`, `ipvsadm -a -f 1${six} -r ${w.web1(port)} -m`]
}

const source = (w: World, match = ' -m mark --mark 1'): string =>
  `${w.iptables} -t nat -A POSTROUTING${match} -j SNAT --to-source ${bare(w.director)}`

const toVip = (w: World, port: number, from = 5000) => tcp({ from: w.client(from), to: w.vip(port), flags: 'S' })
const toWeb = (w: World, port: number, from = 5000) =>
  tcp({ from: w.director(from), to: w.web1(port), flags: 'S', ttl: 63 })
/** What is sent to the VIP's port 80 goes to this port. */
const arrives = (w: World, port: number) => forwards(toVip(w, 80), toWeb(w, port))

const ports = (w: World): GoldenCase[] => [
  golden(
    `${w.name}: one mark service takes two ports, their replies come back, a third port stays with the host`,
    [mark(w, ` -d ${bare(w.vip)}${WEB}`), ...service(w), source(w)],
    [
      forwards(toVip(w, 80), toWeb(w, 80)),
      forwards(
        tcp({ from: w.web1(80), to: w.director(5000), flags: 'SA' }),
        tcp({ from: w.vip(80), to: w.client(5000), flags: 'SA', ttl: 63 }),
      ),
      forwards(toVip(w, 443, 5001), toWeb(w, 443, 5001)),
      toHost(toVip(w, 22, 5002)),
    ],
    { connections: 2, inPackets: 2, outPackets: 1, rulePackets: 2 },
  ),
  golden(
    `${w.name}: a mark service sends to the port of its real server`,
    [...[mark(w, WEB), ...service(w, '', 8080), source(w)]],
    [arrives(w, 8080)],
  ),
  golden(
    `${w.name}: a persistent one keeps the client's port, whatever the real server names`,
    [...[mark(w, WEB), ...service(w, ' -p 60', 8080), source(w)]],
    [arrives(w, 80), forwards(toVip(w, 443, 5001), toWeb(w, 443, 5001))],
  ),
]

const order = (w: World): GoldenCase[] => [
  golden(
    `${w.name}: the mark's service comes before the address's; without a mark the address's answers`,
    [
      mark(w, ` -s ${bare(w.client)}${WEB}`),
      ...service(w),
      `ipvsadm -A -t ${w.vip(80)} -s rr`,
      `ipvsadm -a -t ${w.vip(80)} -r ${w.web2(80)} -m`,
      source(w, ''),
    ],
    [
      arrives(w, 80),
      forwards(
        tcp({ from: w.other(5000), to: w.vip(80), flags: 'S' }),
        tcp({ from: w.director(5000), to: w.web2(80), flags: 'S', ttl: 63 }),
      ),
    ],
  ),
  golden(
    `${w.name}: a mark that no service has changes nothing`,
    [...[mark(w, WEB, '--set-mark 2'), ...service(w)]],
    [toHost(toVip(w, 80))],
  ),
  golden(
    `${w.name}: marks are made bit by bit, and by chains`,
    [
      `${w.iptables} -t mangle -N web`,
      `${w.iptables} -t mangle -A PREROUTING -d ${bare(w.vip)} -g web`,
      mark(w, '', '--set-mark 0'),
      `${w.iptables} -t mangle -A web -p tcp --syn -j MARK --or-mark 0x11`,
      `${w.iptables} -t mangle -A web -m mark --mark 0x1/0x1 -j MARK --and-mark 0x1`,
      ...service(w),
      source(w),
    ],
    [arrives(w, 80)],
  ),
]

const rules = (w: World): GoldenCase[] => [
  golden(
    `${w.name}: a ping or a tunnel is no connection, marked or not`,
    [mark(w, ''), ...service(w)],
    [
      toHost(icmp({ from: w.client(0), to: w.vip(0), type: w.family === 4 ? 8 : 128, payload: 'ping' })),
      toHost(other({ from: w.client(0), to: w.vip(0), payload: 'gre' }, 47)),
    ],
  ),
  golden(
    `${w.name}: a segment of no connection may be the host's own`,
    [mark(w, WEB), ...service(w)],
    [toHost(tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }))],
  ),
  golden(
    `${w.name}: a rule of mangle drops what would open a connection, and nothing that runs`,
    [mark(w, WEB), ...service(w), source(w)],
    [
      arrives(w, 80),
      command(`${w.iptables} -t mangle -I PREROUTING -s ${bare(w.client)} -j DROP`),
      drops(toVip(w, 80, 5001), 'ruleDrop'),
      forwards(
        tcp({ from: w.client(5000), to: w.vip(80), flags: 'A' }),
        tcp({ from: w.director(5000), to: w.web1(80), flags: 'A', ttl: 63 }),
      ),
    ],
  ),
  golden(
    `${w.name}: the ipvs match knows the address and the port that the client asked`,
    [...[mark(w, WEB), ...service(w), snatRule(w)]],
    [
      arrives(w, 80),
      forwards(toVip(w, 443, 5001), tcp({ from: w.client(5001), to: w.web1(443), flags: 'S', ttl: 63 })),
    ],
  ),
  golden(
    `${w.name}: UDP too`,
    [...[mark(w, ' -p udp --dport 53'), ...service(w), source(w)]],
    [
      forwards(
        udp({ from: w.client(5000), to: w.vip(53), payload: 'q' }),
        udp({ from: w.director(5000), to: w.web1(53), payload: 'q', ttl: 63 }),
      ),
    ],
  ),
]

export const marks: GoldenCase[] = bothFamilies((w) => [...ports(w), ...order(w), ...rules(w)])
