/**
 * The outside of a director: all clients and servers of a scenario, as one program on the other ends of the director's
 * wires. It sends packets that are made up word by word and tells which packets the director sends, to whom. There is
 * no TCP behind them: nothing answers that a scenario does not answer.
 *
 * Reads a command a line, writes what came of it and a line with a dot:
 *   host NAME DEVICE ETHERNET ADDRESS ADDRESS6      a machine on a wire
 *   alias NAME ADDRESS ADDRESS6                     a name for addresses of the director
 *   gue PORT                                        UDP to this port carries packets
 *   send HOST tcp|udp|sctp PORT TO:PORT [FLAGS|CHUNKS] [KEY=VALUE...]
 *   send HOST echo TO
 *   answer [FLAGS|CHUNKS] [by=HOST] [KEY=VALUE...]  to the packet that HOST (who received last) received last
 *   error TYPE/CODE [by=HOST] [mtu=N] [src=NAME] [quote=N]   an ICMP error about that packet
 *   series tcp|udp|sctp COUNT FROM:PORT TO:PORT [FLAGS|CHUNKS] [by=HOST] [step=port|address|none]
 *                                                   COUNT packets; who received each
 *   burst, as series: all at once; how many came to each
 *   talk PORT TO:PORT c:FLAGS|s:FLAGS...            a TCP connection of the machine `client`, each packet when the one before
 *                                                   has arrived: c from the client, s from the server that got its last
 *   wait MS                                         what comes in this time
 * The machine's Ethernet address is what a packet is told by: the addresses in it may be anyone's.
 */
import { readSync } from 'node:fs'
import ipaddr from 'ipaddr.js'
import * as build from '../../packets/build.js'
import { describe } from './describe.js'
import { Flows } from './flow.js'
import { type Host, Hosts, isIpv6, join } from './host.js'
import { isIcmpError, type Packet, ports, readPacket, readTcp, TCP } from './read.js'
import { Wire, waitFor } from './wire.js'
import { type Options, packets, split } from './words.js'

const ETHERTYPES: Readonly<Record<number, 4 | 6>> = { 2048: 4, 34525: 6 }
const DIRECTOR = process.argv[2]
/** A director has said all it has to say about a packet when it has been quiet for so long. */
const QUIET_MS = Number(process.argv[3])
/** How long a series waits for the one packet that answers each of its own. */
const PATIENCE_MS = Math.max(400, 2 * QUIET_MS)

/** Of services and servers: told as they are, also before a command names them. */
const SERVER_PORTS = [9, 20, 21, 53, 80, 81, 443, 5353, 8080, 8081]

/** An error fits where it must: in the smallest MTU of IPv6 (RFC 4443 2.4), in a wire's for IPv4. */
const LONGEST_QUOTE = { 4: 1472, 6: 1232 } as const

interface Received {
  host: Host
  packet: Packet
}

const wires = new Map<string, Wire>()
const hosts = new Hosts()
const flows = new Flows()
const known = { hosts, ports: new Set<number>(SERVER_PORTS), ids: new Set<number>(), guePorts: new Set<number>() }
const lastReceived = new Map<string, Packet>()
let lastHost = ''
let id = 100

const sender = { hosts, flows, nextId: () => ++id }

const commands: Readonly<Record<string, (words: string[]) => string[]>> = {
  host: ([name, device, ethernet, address4, address6]) => {
    if (!wires.has(device)) wires.set(device, new Wire(device))
    hosts.add({ name, wire: wires.get(device)!, ethernet, address4, address6 })
    return []
  },
  alias: ([name, address4, address6]) => {
    hosts.name(name, address4, address6)
    return []
  },
  gue: ([port]) => {
    known.guePorts.add(Number(port))
    return []
  },
  send: (words) => {
    const { plain, options } = split(words)
    const [name, protocol, ...rest] = plain
    const host = hosts.find(name)
    const { ends, detail } = protocol === 'echo' ? echoEnds(host, rest[0]) : endsOf(host, rest)
    transmit(host, packets(sender, protocol, ends, detail, options))
    return tell(arrivals(QUIET_MS))
  },
  answer: (words) => {
    const { plain, options } = split(words)
    const last = received(options)
    transmit(last.host, packets(sender, NAMES[last.packet.protocol], answerEnds(last), plain[0] ?? '', options))
    return tell(arrivals(QUIET_MS))
  },
  error: (words) => {
    const { plain, options } = split(words)
    const { host, packet } = received(options)
    transmit(host, [errorAbout(host, packet, plain[0], options)])
    return tell(arrivals(QUIET_MS))
  },
  series: (words) => [series(words).join(' ')],
  burst: (words) => burst(words),
  talk: ([port, to, ...steps]) => steps.flatMap((step) => talk(port, to, step)),
  wait: ([ms]) => tell(arrivals(Number(ms))),
}

const NAMES: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' }

const ownAddress = (host: Host, to: string): string => (isIpv6(to) ? host.address6 : host.address4)

function echoEnds(host: Host, name: string) {
  const to = hosts.address(name)
  return { ends: { from: ownAddress(host, to), to }, detail: '' }
}

function endsOf(host: Host, [port, endpoint, detail = '']: string[]) {
  const to = hosts.endpoint(endpoint)
  for (const end of [`:${port}`, to]) learn(end)
  return { ends: { from: join(ownAddress(host, to), port), to }, detail }
}

function answerEnds({ packet }: Received) {
  const [from, to] = ports(packet)
  return { from: join(packet.destination, to), to: join(packet.source, from) }
}

function received(options: Options): Received {
  const name = options.get('by') ?? lastHost
  const packet = lastReceived.get(name)
  if (!packet) throw new Error(`${name || 'nobody'} has received nothing`)
  return { host: hosts.find(name), packet }
}

function errorAbout(host: Host, about: Packet, code: string, options: Options): Uint8Array {
  const [type, of] = code.split('/').map(Number)
  const from = options.has('src') ? hosts.find(options.get('src')!) : host
  const quote = Number(options.get('quote') ?? LONGEST_QUOTE[about.version])
  return build.icmp({
    from: about.version === 6 ? from.address6 : from.address4,
    to: about.source,
    type,
    code: of,
    rest: Number(options.get('mtu') ?? 0),
    id: sender.nextId(),
    payload: about.bytes.subarray(0, quote),
  }).bytes
}

const octets = (ethernet: string): number[] => ethernet.split(':').map((octet) => Number.parseInt(octet, 16))

/** Ports that a command names: they are told as they are from now on. */
function learn(endpoint: string): void {
  known.ports.add(Number(endpoint.slice(endpoint.lastIndexOf(':') + 1)))
}

function transmit({ wire, ethernet }: Host, list: Uint8Array[]): void {
  for (const bytes of list) {
    const packet = readPacket(bytes)
    if (packet.protocol === TCP && !packet.fragment) flows.sent(packet)
    known.ids.add(packet.id)
    const type = packet.version === 4 ? [0x08, 0x00] : [0x86, 0xdd]
    wire.send(Uint8Array.of(...octets(DIRECTOR), ...octets(ethernet), ...type, ...bytes))
  }
}

/** Everything that comes until nothing has come for `quietMs`. */
function arrivals(quietMs: number): Received[] {
  const all: Received[] = []
  const list = [...wires.values()]
  while (waitFor(list, quietMs)) for (const wire of list) all.push(...drain(wire))
  return all
}

function drain(wire: Wire): Received[] {
  const all: Received[] = []
  for (let frame = wire.receive(); frame; frame = wire.receive()) {
    const received = take(frame)
    if (received) all.push(received)
  }
  return all
}

/** A frame to one of the machines here; null for anything else that is on a wire. */
function take(frame: Uint8Array): Received | null {
  const ethernet = [...frame.subarray(0, 6)].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
  const host = hosts.byEthernet(ethernet)
  if (!host || !ETHERTYPES[frame[12] * 256 + frame[13]]) return null
  const packet = readPacket(frame.subarray(14))
  if (packet.protocol === TCP && !packet.fragment) flows.received(packet)
  if (!packet.fragment?.offset) lastReceived.set(host.name, packet)
  lastHost = host.name
  return { host, packet }
}

const tell = (all: Received[]): string[] =>
  all.length ? all.map(({ host, packet }) => `${host.name}: ${describe(packet, known)}`) : ['nothing']

let talkingServer = ''

/** One packet of a conversation; a line only when it does not arrive. */
function talk(port: string, to: string, step: string): string[] {
  const [side, flags] = step.split(':')
  const client = hosts.find('client')
  const host = side === 'c' ? client : hosts.find(talkingServer)
  const ends = side === 'c' ? endsOf(client, [port, to]).ends : answerEnds(received(new Map([['by', talkingServer]])))
  transmit(host, packets(sender, 'tcp', ends, flags, new Map()))
  const [first] = firstArrival()
  if (!first) return [`${step} did not arrive`]
  if (side === 'c') talkingServer = first.host.name
  return first.host === (side === 'c' ? client : host) ? [`${step} went to ${first.host.name}`] : []
}

/** Sends the packets of a series, each followed by what `after` does. */
function sendSeries<T>(words: string[], after: () => T): T[] {
  const { plain, options } = split(words)
  const [protocol, count, from, to, detail = ''] = plain
  const host = hosts.find(options.get('by') ?? from.slice(0, from.indexOf(':')))
  const start = hosts.endpoint(from)
  learn(hosts.endpoint(to))
  return Array.from({ length: Number(count) }, (_, i) => {
    const ends = { from: stepped(start, i, options.get('step') ?? 'port'), to: hosts.endpoint(to) }
    transmit(host, packets(sender, protocol, ends, detail, options))
    return after()
  })
}

/** Names of who received each packet; 'refused' where the sender was told, 'none' where nobody got anything. */
function series(words: string[]): string[] {
  return sendSeries(words, () => {
    const [first] = firstArrival()
    if (!first) return 'none'
    return isIcmpError(first.packet) || isReset(first.packet) ? 'refused' : first.host.name
  })
}

function burst(words: string[]): string[] {
  sendSeries(words, () => {})
  const names = arrivals(QUIET_MS).map(({ host }) => host.name)
  return [...new Set(names)].sort().map((name) => `${name}: ${names.filter((one) => one === name).length}`)
}

function firstArrival(): Received[] {
  const list = [...wires.values()]
  while (waitFor(list, PATIENCE_MS)) {
    const all = list.flatMap(drain)
    if (all.length) return all
  }
  return []
}

const isReset = (packet: Packet): boolean => packet.protocol === TCP && readTcp(packet).flags.includes('R')

function stepped(endpoint: string, by: number, what: string): string {
  const at = endpoint.lastIndexOf(':')
  const [address, port] = [endpoint.slice(0, at).replace(/^\[|\]$/g, ''), Number(endpoint.slice(at + 1))]
  if (what === 'none') return endpoint
  if (what === 'port') return join(address, port + by)
  const bytes = ipaddr.parse(address).toByteArray()
  for (let i = bytes.length - 1, carry = by; carry; i--) {
    bytes[i] += carry
    carry = bytes[i] >>> 8
    bytes[i] &= 255
  }
  return join(ipaddr.fromByteArray(bytes).toString(), port)
}

function perform(line: string): string[] {
  const [word, ...words] = line.split(' ').filter(Boolean)
  try {
    const command = commands[word]
    if (!command) throw new Error(`no command is called ${word}`)
    return command(words)
  } catch (error) {
    return [`error: ${(error as Error).message}`]
  }
}

function* lines(): Generator<string> {
  const part = new Uint8Array(65_536)
  let rest = ''
  for (let length = readSync(0, part); length > 0; length = readSync(0, part)) {
    const all = (rest + Buffer.from(part.subarray(0, length)).toString()).split('\n')
    rest = all.pop()!
    yield* all
  }
}

for (const line of lines()) process.stdout.write([...perform(line), '.', ''].join('\n'))
