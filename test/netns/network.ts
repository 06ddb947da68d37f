/**
 * Hosts and wires inside a laboratory, and the networks that tests, demo and bench use.
 *
 * A host is a network namespace; a bridge lies in the laboratory's own. Addresses carry their prefix length, IPv4 and
 * IPv6 alike. A host has no route but its own subnets unless a gateway is given.
 */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { checkout, ended, type Lab, type Result, type RunOptions } from './lab.js'

export interface Interface {
  addresses: string[]
  /** The bridge it is plugged into. */
  bridge: string
  name?: string
  mtu?: number
  /** Default gateways, of either family. */
  gateways?: string[]
}

/** A program that goes on running in a host. */
export class Running {
  /** Whole lines of its standard output and error, as they come. */
  readonly lines: string[] = []
  /** Its exit status. */
  readonly ended: Promise<number>
  private readonly child: ChildProcess

  constructor(child: ChildProcess) {
    this.child = child
    this.ended = ended(child)
    for (const stream of [child.stdout!, child.stderr!]) this.collect(stream)
  }

  private collect(stream: NodeJS.ReadableStream): void {
    let rest = ''
    stream.on('data', (part: Buffer) => {
      const lines = (rest + part.toString()).split('\n')
      rest = lines.pop()!
      this.lines.push(...lines)
    })
    stream.on('end', () => rest && this.lines.push(rest))
  }

  async line(pattern: RegExp, timeoutMs = 10_000): Promise<string> {
    const find = () => this.lines.find((line) => pattern.test(line))
    await until(() => find() !== undefined, `${pattern} among:\n${this.lines.join('\n')}`, timeoutMs)
    return find()!
  }

  async stop(): Promise<void> {
    // What was entered dies with its parent; its streams close when it has.
    const closed = new Promise((done) => this.child.once('close', done))
    this.child.kill('SIGKILL')
    await closed
  }
}

export class Host {
  readonly lab: Lab
  readonly name: string

  constructor(lab: Lab, name: string) {
    this.lab = lab
    this.name = name
  }

  /** Run a command line as typed, by a shell. */
  run(line: string, options: RunOptions = {}): Promise<Result> {
    return this.lab.run(this.name, ['bash', '-c', line], options)
  }

  /** As `run`, and what it printed; any status but 0 is an error. */
  must(line: string, options: RunOptions = {}): Promise<string> {
    return this.lab.must(this.name, ['bash', '-c', line], options)
  }

  start(line: string): Running {
    return new Running(this.lab.spawn(this.name, ['bash', '-c', `exec ${line}`], { stdio: ['ignore', 'pipe', 'pipe'] }))
  }

  /** Start one of the programs beside this file and wait until it says `listening`. */
  async serve(program: string, ...words: (string | number)[]): Promise<Running> {
    const running = this.start([process.execPath, join(checkout, 'dist/test/netns', program), ...words].join(' '))
    await running.line(/^listening/)
    return running
  }
}

export async function addBridge(lab: Lab, name: string): Promise<void> {
  await lab.must('', ['ip', '-batch', '-'], { input: `link add name ${name} type bridge\nlink set ${name} up\n` })
}

export async function addHost(lab: Lab, name: string, ...interfaces: Interface[]): Promise<Host> {
  await lab.must('', ['ip', 'netns', 'add', name])
  const outside: string[] = []
  const inside = ['link set lo up']
  for (const [index, wire] of interfaces.entries()) {
    const device = wire.name ?? `eth${index}`
    const port = `${name}.${index}`
    const mtu = wire.mtu ?? 1500
    outside.push(`link add name ${device} netns ${name} type veth peer name ${port}`)
    outside.push(`link set ${port} master ${wire.bridge} up`)
    inside.push(`link set ${device} mtu ${mtu} up`)
    for (const address of wire.addresses) {
      inside.push(`address add ${address} dev ${device}${isIpv6(address) ? ' nodad' : ''}`)
    }
    for (const gateway of wire.gateways ?? []) inside.push(`route add default via ${gateway}`)
  }
  await lab.must('', ['ip', '-batch', '-'], { input: `${outside.join('\n')}\n` })
  await lab.must('', ['ip', '-n', name, '-batch', '-'], { input: `${inside.join('\n')}\n` })
  return new Host(lab, name)
}

/** A host that forwards between its interfaces. */
export async function addRouter(lab: Lab, name: string, ...interfaces: Interface[]): Promise<Host> {
  const router = await addHost(lab, name, ...interfaces)
  await router.must('echo 1 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding')
  return router
}

export const isIpv6 = (address: string): boolean => address.includes(':')

export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Wait for something that has no event; throws `what` when it has not come within `timeoutMs`. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(20)
  }
}
