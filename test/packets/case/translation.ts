/** Plain traffic both ways: SNAT, LVS-NAT, MASQUERADE, every transport, port mapping. */
import { sctp, tcp, udp } from '../build.js'
import { command, forwards, type GoldenCase, golden, toHost, wait } from '../golden.js'
import { bare, bothFamilies, masq, poolRule, snat, snatRule, type World } from '../world.js'

const TIMESTAMPS = [2, 4, 5, 180, 4, 2, 8, 10, 0, 1, 2, 3, 0, 0, 0, 0, 1, 3, 3, 7]
const sum = (...bytes: number[]): number => bytes.reduce((total, n) => total + n, 0)

/** Both directions of a connection as they come and go: client and virtual address here, director and web1 there. */
const request = (w: World) => ({ from: w.client(5000), to: w.vip(80) })
const requestOut = (w: World) => ({ from: w.director(5000), to: w.web1(80), ttl: 63 })
const reply = (w: World) => ({ from: w.web1(80), to: w.director(5000) })
const replyOut = (w: World) => ({ from: w.vip(80), to: w.client(5000), ttl: 63 })

function tcpConversation(w: World): GoldenCase {
  const data = { flags: 'PA', sequence: 2000, acknowledgement: 7000 }
  const header = w.family === 4 ? 40 : 60
  return golden(
    `${w.name}: a whole TCP connection through SNAT`,
    snat(w),
    [
      forwards(
        tcp({ ...request(w), flags: 'S', tcpOptions: TIMESTAMPS }),
        tcp({ ...requestOut(w), flags: 'S', tcpOptions: TIMESTAMPS }),
      ),
      forwards(tcp({ ...reply(w), flags: 'SA' }), tcp({ ...replyOut(w), flags: 'SA' })),
      forwards(tcp({ ...request(w), flags: 'A' }), tcp({ ...requestOut(w), flags: 'A' })),
      forwards(tcp({ ...request(w), ...data, payload: 'GET /' }), tcp({ ...requestOut(w), ...data, payload: 'GET /' })),
      forwards(tcp({ ...reply(w), ...data, payload: 'web1' }), tcp({ ...replyOut(w), ...data, payload: 'web1' })),
      forwards(tcp({ ...request(w), flags: 'FA' }), tcp({ ...requestOut(w), flags: 'FA' })),
      forwards(tcp({ ...reply(w), flags: 'FA' }), tcp({ ...replyOut(w), flags: 'FA' })),
      forwards(tcp({ ...request(w), flags: 'A' }), tcp({ ...requestOut(w), flags: 'A' })),
    ],
    {
      connections: 1,
      active: 0,
      inactive: 1,
      inPackets: 5,
      inBytes: sum(header + 20, header, header + 5, header, header),
      outPackets: 3,
      outBytes: sum(header, header + 4, header),
      rulePackets: 1,
    },
  )
}

const halfOpen = (w: World): GoldenCase =>
  golden(
    `${w.name}: a half-open connection is active`,
    snat(w),
    [forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' }))],
    { active: 1, inactive: 0 },
  )

const udpConversation = (w: World): GoldenCase =>
  golden(
    `${w.name}: a UDP question and its answer through SNAT`,
    snat(w, '-u'),
    [
      forwards(udp({ ...request(w), payload: 'odd' }), udp({ ...requestOut(w), payload: 'odd' })),
      forwards(udp({ ...reply(w), payload: 'even' }), udp({ ...replyOut(w), payload: 'even' })),
    ],
    { connections: 1, active: 0, inactive: 1, inPackets: 1, outPackets: 1 },
  )

const sctpConversation = (w: World): GoldenCase => {
  const payload = Uint8Array.from({ length: 41 }, (_, i) => i * 11 + 1) // begins as an INIT
  return golden(
    `${w.name}: SCTP through SNAT, its CRC32c kept`,
    [...masq(w, '--sctp-service'), poolRule(w, '6000', 'sctp')],
    [
      forwards(sctp({ ...request(w), payload }), sctp({ ...requestOut(w), from: w.director(6000), payload })),
      forwards(sctp({ ...reply(w), to: w.director(6000), payload }), sctp({ ...replyOut(w), payload })),
    ],
  )
}

const plainNat = (w: World): GoldenCase =>
  golden(
    `${w.name}: without a rule the real server sees the client itself`,
    masq(w),
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), from: w.client(5000), flags: 'S' })),
      forwards(tcp({ ...reply(w), to: w.client(5000), flags: 'SA' }), tcp({ ...replyOut(w), flags: 'SA' })),
    ],
    { connections: 1, inPackets: 1, outPackets: 1 },
  )

const otherRule = (w: World): GoldenCase =>
  golden(
    `${w.name}: a rule for another virtual port leaves the source alone`,
    [...masq(w), snatRule(w).replace('--vport 80', '--vport 81')],
    [forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), from: w.client(5000), flags: 'S' }))],
    { rulePackets: 0 },
  )

const acceptFirst = (w: World): GoldenCase =>
  golden(
    `${w.name}: a rule that accepts before the SNAT rule leaves the source alone`,
    [...masq(w), `${w.iptables} -t nat -A POSTROUTING -s ${bare(w.client)} -j ACCEPT`, snatRule(w)],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), from: w.client(5000), flags: 'S' })),
      forwards(
        tcp({ ...request(w), from: w.other(5000), flags: 'S' }),
        tcp({ ...requestOut(w), from: w.director(5000), flags: 'S' }),
      ),
    ],
  )

const userChain = (w: World): GoldenCase =>
  golden(
    `${w.name}: a user chain decides, or returns`,
    [
      ...masq(w),
      `${w.iptables} -t nat -N web`,
      `${w.iptables} -t nat -A POSTROUTING -m ipvs --ipvs -j web`,
      `${w.iptables} -t nat -A web -s ${bare(w.other)} -j RETURN`,
      `${w.iptables} -t nat -A web -j SNAT --to-source ${bare(w.director)}`,
    ],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' })),
      forwards(
        tcp({ ...request(w), from: w.other(5000), flags: 'S' }),
        tcp({ ...requestOut(w), from: w.other(5000), flags: 'S' }),
      ),
    ],
  )

const masquerade = (w: World): GoldenCase =>
  golden(
    `${w.name}: MASQUERADE takes the address of the way out`,
    [...masq(w), `${w.iptables} -t nat -A POSTROUTING -m ipvs --ipvs -j MASQUERADE`],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' })),
      forwards(tcp({ ...reply(w), flags: 'SA' }), tcp({ ...replyOut(w), flags: 'SA' })),
    ],
  )

const portMapping = (w: World): GoldenCase =>
  golden(
    `${w.name}: a real server on another port`,
    [`ipvsadm -A -t ${w.vip(80)} -s rr`, `ipvsadm -a -t ${w.vip(80)} -r ${w.web1(8080)} -m`, snatRule(w)],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), to: w.web1(8080), flags: 'S' })),
      forwards(tcp({ ...reply(w), from: w.web1(8080), flags: 'SA' }), tcp({ ...replyOut(w), flags: 'SA' })),
    ],
  )

const everyPort = (w: World): GoldenCase =>
  golden(
    `${w.name}: a service of all ports keeps the port the client used`,
    [
      `ipvsadm -A -t ${w.vip(0)} -s rr -p 300`,
      `ipvsadm -a -t ${w.vip(0)} -r ${w.web1(0)} -m`,
      `ipvsadm -a -t ${w.vip(0)} -r ${w.web2(0)} -m`,
    ],
    [443, 8443].map((port) =>
      forwards(
        tcp({ from: w.client(5000), to: w.vip(port), flags: 'S' }),
        tcp({ from: w.client(5000), to: w.web2(port), ttl: 63, flags: 'S' }),
      ),
    ),
  )

const roundRobin = (w: World): GoldenCase => {
  const arrivesAt = (port: number, web: (port: number) => string) =>
    forwards(
      tcp({ from: w.client(port), to: w.vip(80), flags: 'S' }),
      tcp({ from: w.director(port), to: web(80), ttl: 63, flags: 'S' }),
    )
  return golden(
    `${w.name}: rr begins with the real server added last`,
    [...snat(w), `ipvsadm -a -t ${w.vip(80)} -r ${w.web2(80)} -m`],
    [arrivesAt(5000, w.web2), arrivesAt(5001, w.web1), arrivesAt(5002, w.web2)],
  )
}

const twoServices = (w: World): GoldenCase => {
  const second = snatRule(w, bare(w.other)).replace('--vport 80', '--vport 443')
  return golden(
    `${w.name}: two services, each with its own source`,
    [...snat(w), `ipvsadm -A -t ${w.vip(443)}`, `ipvsadm -a -t ${w.vip(443)} -r ${w.web2(443)} -m`, second],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' })),
      forwards(
        tcp({ from: w.client(5000), to: w.vip(443), flags: 'S' }),
        tcp({ from: w.other(5000), to: w.web2(443), ttl: 63, flags: 'S' }),
      ),
    ],
    { connections: 2 },
  )
}

/** A SYN for a connection in TIME_WAIT or CLOSE begins a new one (conn_reuse_mode 1). */
const reuse = (w: World): GoldenCase =>
  golden(
    `${w.name}: a SYN may use a closed connection's ports again, and is scheduled anew`,
    [...snat(w), `ipvsadm -a -t ${w.vip(80)} -r ${w.web2(80)} -m`],
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), to: w.web2(80), flags: 'S' })),
      forwards(tcp({ ...reply(w), from: w.web2(80), flags: 'RA' }), tcp({ ...replyOut(w), flags: 'RA' })),
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' })),
    ],
    { connections: 1 },
  )

const expiry = (w: World): GoldenCase =>
  golden(
    `${w.name}: a half-open connection is forgotten after a minute`,
    snat(w),
    [
      forwards(tcp({ ...request(w), flags: 'S' }), tcp({ ...requestOut(w), flags: 'S' })),
      wait(58_000),
      forwards(tcp({ ...reply(w), flags: 'SA' }), tcp({ ...replyOut(w), flags: 'SA' })),
      wait(62_000),
      toHost(tcp({ ...reply(w), flags: 'SA' })),
    ],
    { connections: 0, active: 0, inactive: 0 },
  )

const timeouts = (w: World): GoldenCase =>
  golden(
    `${w.name}: --set shortens the life of UDP connections`,
    [...snat(w, '-u'), 'ipvsadm --set 0 0 10'],
    [
      forwards(udp(request(w)), udp(requestOut(w))),
      wait(8_000),
      forwards(udp(reply(w)), udp(replyOut(w))),
      wait(12_000),
      toHost(udp(reply(w))),
      command('ipvsadm --set 0 0 300'),
      forwards(udp(request(w)), udp(requestOut(w))),
      wait(12_000),
      forwards(udp(reply(w)), udp(replyOut(w))),
    ],
  )

export const translations = bothFamilies((w) => [
  tcpConversation(w),
  halfOpen(w),
  udpConversation(w),
  sctpConversation(w),
  plainNat(w),
  otherRule(w),
  acceptFirst(w),
  userChain(w),
  masquerade(w),
  portMapping(w),
  everyPort(w),
  roundRobin(w),
  twoServices(w),
  reuse(w),
  expiry(w),
  timeouts(w),
])
