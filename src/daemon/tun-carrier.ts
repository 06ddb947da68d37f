/**
 * The TUN data path and the host around it, as one thing that a director can open and give back.
 *
 * What must outlive a killed process but not its namespace (connections, the host's original settings) is kept in
 * memory files named by the namespace's identity; the device and the rules are in the kernel. Opening again takes
 * all of that over.
 */
import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import { familyOf, format, parse } from '../address/words.js'
import type { DataPath } from '../cli/fullnat/options.js'
import type { Routes } from '../compile/compile.js'
import { bytesFor, capacityIn, HEADER_WORDS } from '../conn/table.js'
import type { DataPlane } from '../engine/data-plane.js'
import { Failure, type FailureCode } from '../failure/failure.js'
import type { OpenEcho } from '../health/echo.js'
import { KernelProgram } from '../io/ebpf/program.js'
import { addWindow, localPorts } from '../io/tun/local-ports.js'
import { Settings } from '../io/tun/settings.js'
import type { LocalPorts, PortWindow, SteeringSpec } from '../io/tun/spec.js'
import { Steering } from '../io/tun/steering.js'
import type { HostAddresses } from '../nat/address-kind.js'
import { claim, memoryFolder } from '../store/place.js'
import { openEchoSocket } from '../sys/echo-socket.js'
import { netnsIdentity } from '../sys/netns.js'
import * as rtnetlink from '../sys/rtnetlink.js'
import type { Carrier } from './assemble.js'
import type { Host } from './host.js'
import { listeners } from './listeners.js'
import { RareReader } from './rare-reader.js'
import { startTunPlane, type WorkerOptions } from './tun-plane.js'

const DEVICE = 'fullnat0'
/** Every interface's own switch goes with the global one. */
const FOLLOWS_GLOBAL = /\/conf\/(?!all\/)[^/]+\/forwarding$/

/**
 * `wanted` connections; a table that a killed director left keeps its size, and what is in it. Failure('no-tun',
 * 'permission', 'already-running', 'internal') with the host as it was.
 */
export async function openTunCarrier(wanted: number, datapath: DataPath): Promise<Carrier> {
  const folder = runFolder()
  claim(memoryFolder())
  claim(folder)
  const connectionsFile = join(folder, 'connections')
  const capacity = capacityLeft(connectionsFile) || wanted
  const host = new TunHost(folder)
  try {
    await host.install()
    const options = { device: DEVICE, connectionsFile, hooksFile: hooksFileIn(folder), capacity }
    const plane = datapath === 'tun' ? null : await inKernel(options, host, datapath)
    return { host, plane: plane ?? (await throughDevice(options, host)) }
  } catch (error) {
    if (!isHeld(error)) await host.restore()
    throw error
  }
}

type Options = Omit<WorkerOptions, 'datapath'>

/** What a kernel or a user without BPF answers. */
const CANNOT: readonly unknown[] = ['no-libbpf', 'permission', 'internal'] satisfies FailureCode[]

/** null: this kernel or user cannot, and it was left to us what to do then. */
async function inKernel(options: Options, host: TunHost, datapath: 'ebpf' | 'auto'): Promise<DataPlane | null> {
  try {
    return await startTunPlane({ ...options, datapath: 'ebpf' })
  } catch (error) {
    const { code, message } = error as Error & { code?: unknown }
    if (datapath === 'ebpf' || !CANNOT.includes(code)) throw error
    host.shortfall = `the kernel carries nothing, every packet goes through the TUN device: ${message}`
    return null
  }
}

function throughDevice(options: Options, host: TunHost): Promise<DataPlane> {
  needRoom(dirname(options.connectionsFile), options.connectionsFile, bytesFor(options.capacity))
  host.takeProgramAway()
  return startTunPlane({ ...options, datapath: 'tun' })
}

/** The capacity of the table in this file, 0 if there is none. */
function capacityLeft(file: string): number {
  if (!fs.existsSync(file)) return 0
  const header = new Int32Array(HEADER_WORDS)
  const fd = fs.openSync(file, 'r')
  try {
    fs.readSync(fd, header)
  } finally {
    fs.closeSync(fd)
  }
  return capacityIn(header)
}

/** Another process has the device: the rules are its own. */
const isHeld = (error: unknown): boolean => error instanceof Failure && error.code === 'already-running'

/** Gives back what a killed director left here; false if there is nothing. */
export async function restoreLeft(): Promise<boolean> {
  const folder = runFolder()
  const isLeft = fs.existsSync(folder) || rtnetlink.links().some(({ name }) => name === DEVICE)
  if (isLeft) await new TunHost(folder).restore()
  return isLeft
}

const hooksFileIn = (folder: string): string => join(folder, 'hooks.json')

const runFolder = (): string => join(memoryFolder(), netnsIdentity())

/** A mapped file that its file system cannot hold would end the process at some later packet. */
function needRoom(folder: string, file: string, bytes: number): void {
  const { bavail, bsize } = fs.statfsSync(folder)
  const held = (fs.statSync(file, { throwIfNoEntry: false })?.blocks ?? 0) * 512
  const room = bavail * bsize + held
  if (room >= bytes) return
  const need = Math.ceil(bytes / 2 ** 20)
  const remedy = `\`fullnat up --connections ${Math.floor((room - bytesFor(0)) / (bytesFor(1) - bytesFor(0)))}\` fits`
  throw new Failure('internal', `${folder} has no room for ${need} MiB of connections: ${remedy}`)
}

const isEmpty = (folder: string): boolean => fs.existsSync(folder) && fs.readdirSync(folder).length === 0

class TunHost implements Host {
  /** What was hoped for and is not there; '' if nothing. */
  shortfall = ''
  readonly routes: Routes = { to: (address) => this.#routeTo(address) }
  readonly #folder: string
  readonly #settingsFile: string
  readonly #settings: Settings
  readonly #steering: Steering
  readonly #program: KernelProgram
  /** Answers of the kernel, until its routes change. */
  readonly #known = new Map<string, ReturnType<Routes['to']>>()
  #links = new Map<number, rtnetlink.Link>()
  #window: PortWindow | null = null
  /** /proc/net/tcp and its kin. */
  readonly #sockets = new RareReader(readOrNothing)

  constructor(folder: string) {
    this.#folder = folder
    this.#program = new KernelProgram(DEVICE, hooksFileIn(folder))
    this.#settingsFile = join(folder, 'settings.json')
    this.#settings = new Settings(this.#settingsFile)
    this.#steering = new Steering(DEVICE, this.#settingsFile)
  }

  install = (): Promise<void> => this.#steering.install()

  learnRoutes(addresses: Iterable<string>): void {
    const unknown = [...new Set(addresses)].filter((address) => !this.#known.has(address))
    const found = rtnetlink.waysTo(unknown.map((address) => parse(address)!))
    for (const [i, address] of unknown.entries()) this.#known.set(address, this.#routeOf(found[i]))
  }

  /** One that an earlier director left would go on carrying packets by itself. */
  takeProgramAway(): void {
    this.#program.remove()
  }

  /** The device and its tables too: somebody may have taken them away. */
  async steer(spec: SteeringSpec): Promise<void> {
    await this.#steering.install()
    await this.#steering.steer(spec)
  }

  async restore(): Promise<void> {
    this.#program.remove()
    await this.#steering.remove()
    fs.rmSync(this.#folder, { recursive: true, force: true })
    if (isEmpty(memoryFolder())) fs.rmdirSync(memoryFolder())
  }

  localPorts(): LocalPorts {
    this.#window ??= this.#steering.confineLocalPorts()
    return addWindow(localPorts(this.#sockets.read), this.#window)
  }

  addresses = (): ReadonlySet<string> => new Set(rtnetlink.addresses().map(({ words }) => format(words)))

  readonly echo: OpenEcho = (address, heard) => {
    const words = Int32Array.from(parse(address)!)
    return openEchoSocket(familyOf(words), words, heard)
  }

  addressKinds(): HostAddresses {
    const found = rtnetlink.addresses()
    const networks = found.filter(({ words, length }) => familyOf(words) === 4 && length < 31)
    return {
      local: found.map(({ words }) => words),
      broadcast: networks.map(({ words: [a, b, c, d], length }) => [a, b, c, d | (-1 >>> length)]),
    }
  }

  mtuOf = (name: string): number | null => rtnetlink.links().find((link) => link.name === name)?.mtu ?? null

  addressOf(name: string): string {
    const link = rtnetlink.links().find((link) => link.name === name)
    const found = rtnetlink.addresses().find(({ index, words }) => index === link?.index && familyOf(words) === 4)
    return found ? format(found.words) : ''
  }

  listeners = (): ReadonlySet<string> => listeners(this.#sockets.read)

  watch(changed: () => void): () => void {
    const watch = rtnetlink.watchNetwork(() => {
      this.#known.clear()
      this.#links.clear()
      changed()
    })
    return () => watch.stop()
  }

  warnings(): string[] {
    const changes = this.#changes()
    const settings = changes.length > 0 ? [`settings changed until \`fullnat down\`: ${changes.join(', ')}`] : []
    return this.shortfall === '' ? settings : [this.shortfall, ...settings]
  }

  /** `net.ipv4.ip_forward=1 (was 0)`, of the host's own settings that are no longer as they were, less what follows. */
  #changes(): string[] {
    if (!fs.existsSync(this.#settingsFile)) return []
    const originals: Record<string, string> = JSON.parse(fs.readFileSync(this.#settingsFile, 'utf8'))
    return Object.entries(originals)
      .filter(([path]) => !path.includes(`/${DEVICE}/`) && !FOLLOWS_GLOBAL.test(path))
      .map(([path, was]) => ({ path, was, now: this.#settings.read(path) }))
      .filter(({ was, now }) => now !== was)
      .map(({ path, was, now }) => `${path.replaceAll('/', '.')}=${now} (was ${was || 'empty'})`)
  }

  #routeTo(address: string): ReturnType<Routes['to']> {
    if (!this.#known.has(address)) this.learnRoutes([address])
    return this.#known.get(address)!
  }

  #routeOf(found: rtnetlink.Way | null): ReturnType<Routes['to']> {
    if (!found?.source) return null
    if (this.#links.size === 0) this.#links = new Map(rtnetlink.links().map((link) => [link.index, link]))
    const link = this.#links.get(found.index)
    if (!link) return null
    return { interface: link.name, source: format(found.source), mtu: found.mtu || link.mtu, local: found.local }
  }
}

function readOrNothing(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return '' // a kernel without IPv6
  }
}
