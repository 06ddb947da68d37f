/**
 * Datagrams from the kernel's own generator (Documentation/networking/pktgen.rst): a sender in user space costs more than
 * what it is to measure.
 */
import type { Host } from '../test/netns/network.js'
import { type Bench, IPERF_PORT } from './systems.js'

/** Flows are told by their source ports. */
const FLOWS = 64
const FIRST_PORT = 40_000
/** Ethernet, IPv4 and UDP headers. */
const HEADERS = 42
const DEVICE = 'eth0'

/** Datagrams a second that reach the server, which drops them as they come in. */
export async function generate({ client, director, server, target }: Bench, seconds: number, bytes: number) {
  const [mac] = /([0-9a-f]{2}:){5}[0-9a-f]{2}/.exec(await director.must(`ip -br link show ${DEVICE}`))!
  const options = [
    'count 0',
    'clone_skb 0',
    'delay 0',
    `pkt_size ${HEADERS + bytes}`,
    `dst ${target}`,
    `dst_mac ${mac}`,
    `udp_dst_min ${IPERF_PORT}`,
    `udp_dst_max ${IPERF_PORT}`,
    `udp_src_min ${FIRST_PORT}`,
    `udp_src_max ${FIRST_PORT + FLOWS - 1}`,
  ]
  await server.must(
    `tc qdisc add dev ${DEVICE} clsact 2>/dev/null;
     tc filter replace dev ${DEVICE} ingress prio 1 handle 1 protocol ip flower ip_proto udp dst_port ${IPERF_PORT} action drop`,
  )
  try {
    await client.must(
      `echo rem_device_all >/proc/net/pktgen/kpktgend_0 && echo add_device ${DEVICE} >/proc/net/pktgen/kpktgend_0
       ${options.map((option) => `echo '${option}' >/proc/net/pktgen/${DEVICE}`).join(' && ')}`,
    )
    const [packets, at] = [await received(server), performance.now()]
    await client.run(`timeout -s INT ${seconds} bash -c 'echo start >/proc/net/pktgen/pgctrl'`, {
      timeoutMs: (seconds + 20) * 1000,
    })
    return ((await received(server)) - packets) / ((performance.now() - at) / 1000)
  } finally {
    await server.must(`tc qdisc del dev ${DEVICE} clsact`)
  }
}

const received = async (server: Host): Promise<number> =>
  Number(/^.*eth0:\s*\d+\s+(\d+)/m.exec(await server.must('cat /proc/net/dev'))![1])
