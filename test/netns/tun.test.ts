/** The TUN port and host steering, without an engine behind them: exact, harmless when it dies, gone without a trace. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parse } from '../../src/address/words.js'
import type { Endpoint, SteeringSpec } from '../../src/io/tun/spec.js'
import { checkout, inLab, Lab } from './lab.js'
import { addBridge, addHost, type Host, isIpv6, type Running, sleep, until } from './network.js'

const TCP = 6
const UDP = 17
const REFUSED = 7
const TIMED_OUT = 28
const PROGRAM = `${process.execPath} ${join(checkout, 'dist/test/netns/tun-pass.js')}`
const SETTINGS = '/run/settings.json'
const VIP = { 4: '192.0.2.45', 6: '2001:db8::45' } as const
const OWN = { 4: '192.0.2.10', 6: '2001:db8::10' } as const
const CLIENT = { 4: '192.0.2.100', 6: '2001:db8::100' } as const
const FAMILIES = [4, 6] as const

const endpoint = (protocol: number, address: string, port: number): Endpoint => ({
  protocol,
  address: parse(address)!,
  port,
  lastPort: port,
})
const specOf = (requests: Endpoint[], replies: Endpoint[] = [], transparent = false): SteeringSpec => ({
  requests,
  marked: [],
  replies,
  transparent: { v4: transparent, v6: transparent },
  ignoreTunneled: false,
})
const BOTH_VIPS = specOf(FAMILIES.map((family) => endpoint(TCP, VIP[family], 80)))
const url = (address: string, port: number) => `http://${isIpv6(address) ? `[${address}]` : address}:${port}/`

/** A client and a director that has both VIPs and web servers of its own behind them. */
async function bed(t: TestContext): Promise<{ client: Host; director: Host }> {
  const lab = await Lab.open()
  t.after(() => lab.close())
  await addBridge(lab, 'lan')
  const prefix = (address: string) => `${address}/${isIpv6(address) ? 64 : 24}`
  const on = (...addresses: string[]) => ({ bridge: 'lan', addresses: addresses.map(prefix) })
  const client = await addHost(lab, 'client', on(CLIENT[4], CLIENT[6]))
  const director = await addHost(lab, 'director', on(OWN[4], OWN[6], VIP[4], VIP[6]))
  for (const port of [80, 81]) await director.serve('web-server.js', 'director', port)
  return { client, director }
}

async function pass(director: Host, spec: SteeringSpec): Promise<Running> {
  const running = director.start(`${PROGRAM} serve ${SETTINGS} '${JSON.stringify(spec)}'`)
  await running.line(/^listening/)
  return running
}

const curl = (from: Host, address: string, port: number) => from.run(`curl -sS --max-time 2 ${url(address, port)}`)

/** What the port has passed on, once it is at least `packets`; it tells every 20 ms. */
async function passed(port: Running, packets: number): Promise<{ packets: number; longest: number; line: string }> {
  const last = () => {
    const line = port.lines.filter((each) => each.startsWith('passed')).at(-1) ?? 'passed 0 0'
    const [, packets, longest] = line.split(/[ ,]/).map(Number)
    return { packets, longest, line }
  }
  await until(() => last().packets >= packets, `${packets} packets through the port`)
  await sleep(100)
  return last()
}

/** Everything that steering may change, line by line. */
const hostOf = async (director: Host): Promise<string[]> =>
  (
    await director.must(`ip -d rule; ip -d -6 rule; ip -d route show table all; ip -d -6 route show table all
      ip -br link; ip -br address; cd /proc/sys/net && grep -rs . ipv4/conf ipv6/conf ipv4/ip_* | sort`)
  ).split('\n')

const differences = (before: string[], after: string[]): string[] => [
  ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
  ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
]

for (const family of FAMILIES) {
  test(`IPv${family}: VIP:80 goes through the port, VIP:81 does not`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    const port = await pass(director, BOTH_VIPS)
    assert.equal((await curl(client, VIP[family], 81)).stdout, 'director\n')
    assert.equal((await curl(client, OWN[family], 80)).stdout, 'director\n')
    await client.must(`ping -n -c 1 -W 2 ${VIP[family]}`)
    assert.equal((await passed(port, 0)).packets, 0)
    assert.equal((await curl(client, VIP[family], 80)).stdout, 'director\n')
    const { packets, line } = await passed(port, 5)
    assert.ok(packets < 12, `one request is some packets: ${line}`)
  })

  test(`IPv${family}: bulk data comes in super-packets, unharmed`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    const port = await pass(director, BOTH_VIPS)
    const bytes = 64 * 2 ** 20
    const upload = `head -c ${bytes} /dev/urandom | tee >(sha256sum >&2) | curl -sS --max-time 20 -T - ${url(VIP[family], 80)}`
    const { stdout, stderr } = await client.run(upload)
    assert.equal(stdout, `director received ${bytes}\n`, stderr)
    const { packets, longest, line } = await passed(port, 1000)
    assert.ok(longest > 32_768, `packets of more than 32 KiB: ${line}`)
    assert.ok(packets < bytes / 4096, `far fewer packets than segments: ${line}`)
    assert.doesNotMatch(line, /refused/)
  })

  test(`IPv${family}: the director is a client of its own VIP`, inLab(), async (t) => {
    const { director } = await bed(t)
    const port = await pass(director, BOTH_VIPS)
    assert.equal((await curl(director, VIP[family], 80)).stdout, 'director\n')
    await passed(port, 5)
  })

  test(`IPv${family}: what a real server answers is steered, whoever it answers`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    await client.serve('web-server.js', 'client', 8080)
    const port = await pass(director, specOf([], [endpoint(TCP, CLIENT[family], 8080)]))
    assert.equal((await curl(director, CLIENT[family], 8080)).stdout, 'client\n')
    const { packets, line } = await passed(port, 3)
    assert.ok(packets < 10, `the answers and not the requests: ${line}`)
  })

  test(`IPv${family}: a service for every port takes its protocol whole`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    const port = await pass(director, specOf([endpoint(TCP, VIP[family], 0)]))
    assert.equal((await curl(client, VIP[family], 81)).stdout, 'director\n')
    await client.must(`ping -n -c 1 -W 2 ${VIP[family]}`)
    const { packets, line } = await passed(port, 5)
    assert.ok(packets < 12, line)
  })

  test(
    `IPv${family}: errors of the host itself go through the port where clients keep their address`,
    inLab(),
    async (t) => {
      const { client, director } = await bed(t)
      const port = await pass(director, specOf([], [], true))
      const send = `exec 3<>/dev/udp/${OWN[family]}/9 && echo >&3 && read -t 1 -u 3`
      const ask = () => client.run(send)
      assert.match((await ask()).stderr, /refused/)
      assert.equal((await passed(port, 1)).packets, 1)
      await director.must(`ping -n -c 1 -W 2 ${CLIENT[family]}`)
      assert.equal((await passed(port, 1)).packets, 1, "a ping is the host's own")
      await port.stop()
      await until(
        async () => /refused/.test((await ask()).stderr),
        'with nobody at the port the host sends them itself',
      )
    },
  )

  test(`IPv${family}: killed, it answers for nothing; started again, it serves`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    const port = await pass(director, BOTH_VIPS)
    assert.equal((await curl(client, VIP[family], 80)).status, 0)
    await port.stop()
    for (const from of [client, director]) {
      const { status, stderr } = await curl(from, VIP[family], 80)
      assert.notEqual(status, 0)
      assert.doesNotMatch(stderr, /refused|reset/i, 'no reset by the host')
    }
    assert.equal((await curl(client, VIP[family], 80)).status, TIMED_OUT)
    assert.equal((await curl(client, VIP[family], 81)).stdout, 'director\n')
    const again = await pass(director, BOTH_VIPS)
    assert.equal((await curl(client, VIP[family], 80)).stdout, 'director\n')
    await passed(again, 5)
  })
}

test(
  "the director's own connections keep to a window of ports, what its owner reserved left out",
  inLab(),
  async (t) => {
    const { client, director } = await bed(t)
    await client.serve('web-server.js', 'client', 8080)
    await director.must('echo 60000-60998 > /proc/sys/net/ipv4/ip_local_reserved_ports')
    await pass(director, BOTH_VIPS)
    const line = `for n in {1..20}; do curl -s -o /dev/null -w '%{local_port}\\n' ${url(CLIENT[4], 8080)}; done`
    const ports = (await director.must(line)).trim().split('\n').map(Number)
    assert.equal(ports.length, 20)
    for (const port of ports) assert.ok((port > 56_903 && port < 60_000) || port === 60_999, String(port))
  },
)

/** Settings and rules that a host may have, all of which steering changes. */
const HARDENED = `cd /proc/sys/net/ipv4 && echo 0 | tee conf/all/accept_redirects && echo 1 > conf/all/rp_filter &&
  echo 2 > conf/eth0/rp_filter && echo 1 > conf/eth0/forwarding && echo 45000-45001 > ip_local_reserved_ports`
const LOCAL_MOVED = 'for f in 4 6; do ip -$f rule add pref 100 lookup local && ip -$f rule del pref 0; done'

const WITHOUT_IPV6 = 'echo 1 | tee /proc/sys/net/ipv6/conf/{all,default}/disable_ipv6'

const ENDS: [what: string, host: string, ends: ('remove' | 'kill')[]][] = [
  ['remove', 'true', ['remove']],
  ['a kill and remove', HARDENED, ['kill', 'remove']],
  ['two kills and remove', HARDENED, ['kill', 'kill', 'remove']],
  ['remove, where IPv6 is switched off', WITHOUT_IPV6, ['remove']],
  ['remove, where the rule of the local table stood elsewhere', LOCAL_MOVED, ['kill', 'remove']],
]
for (const [what, host, ends] of ENDS) {
  test(`the host is as it was before, after ${what}`, inLab(), async (t) => {
    const { client, director } = await bed(t)
    await director.must(host)
    await until(async () => !(await director.must('ip -6 address')).includes('tentative'), 'addresses are settled')
    const before = await hostOf(director)
    for (const end of ends) {
      const port = await pass(director, BOTH_VIPS)
      assert.ok(differences(before, await hostOf(director)).length > 10)
      assert.equal((await curl(client, VIP[4], 80)).status, 0)
      await passed(port, 5)
      await port.stop()
      if (end === 'remove') await director.must(`${PROGRAM} remove ${SETTINGS}`)
    }
    assert.deepEqual(differences(before, await hostOf(director)), [])
    assert.equal((await curl(client, VIP[4], 80)).stdout, 'director\n')
    assert.equal((await client.run(`curl -s --max-time 2 ${url(VIP[4], 82)}`)).status, REFUSED)
  })
}

test('rules follow the services: only what differs changes, a thousand at once', inLab(), async (t) => {
  const { client, director } = await bed(t)
  const many = Array.from({ length: 1000 }, (_, i) => endpoint(UDP, VIP[4], 1000 + i))
  const steer = (requests: Endpoint[]) =>
    director.must(`${PROGRAM} steer ${SETTINGS} "$(cat)"`, { input: JSON.stringify(specOf(requests)) })
  const rules = async () => (await director.must('ip rule; ip -6 rule')).split('\n')
  const port = await pass(director, BOTH_VIPS)
  const few = await rules()
  await steer([...BOTH_VIPS.requests, ...many])
  assert.ok((await rules()).length > few.length + 1000)
  assert.equal((await curl(client, VIP[4], 80)).status, 0)
  const monitor = director.start('ip monitor rule')
  await sleep(300)
  await steer([...BOTH_VIPS.requests, ...many.slice(1)])
  await monitor.line(/Deleted.*dport 1000 /)
  assert.equal(monitor.lines.length, 1, monitor.lines.join('\n'))
  await steer(BOTH_VIPS.requests)
  assert.deepEqual(await rules(), few)
  assert.equal((await curl(client, VIP[4], 80)).status, 0)
  await passed(port, 10)
})
