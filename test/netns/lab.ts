/**
 * A laboratory: private network, process and mount namespaces in which tests, demo and bench build their networks.
 *
 * The machine's own namespaces are never touched. Everything started or mounted in a laboratory is gone when it is
 * closed, and also when the process that opened it dies by any signal: its first process reads a pipe from here, ends
 * with it, and takes the rest of its process namespace along. /run and /dev/shm are empty file systems of its own, so
 * `ip netns` and a director in it neither see nor leave anything outside. An ordinary user gets the same inside a
 * user namespace.
 */
import { type ChildProcess, type SpawnOptions, spawn, spawnSync } from 'node:child_process'
import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import os from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** The checkout: this file runs from dist/test/netns. */
export const checkout = resolve(import.meta.dirname, '../../..')

const asRoot = process.getuid?.() === 0
const unshareWords = [
  ...(asRoot ? [] : ['--user', '--map-root-user']),
  ...['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'],
]
/** bash, because the first process of a process namespace inherits orphans and must reap them. It ends with its input. */
const FIRST_PROCESS = `
  mount -t tmpfs tmpfs /run && mkdir /run/lock && mount -t tmpfs -o mode=1777 tmpfs /dev/shm && ip link set lo up &&
  echo ready && while read -r word; do [ "$word" = keep ] && while sleep 1d; do :; done; done`

export interface Result {
  /** Exit status, or 128 + signal number. */
  status: number
  stdout: string
  stderr: string
}

export interface RunOptions {
  /** Text for standard input; nothing is given otherwise. */
  input?: string
  timeoutMs?: number
  environment?: Record<string, string>
}

/** Why this machine and user cannot open a laboratory with a director in it; '' when they can, and always for root. */
export function obstacle(): string {
  if (asRoot) return ''
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK)
  } catch {
    return 'this user may not open /dev/net/tun: run as root, or let root type chmod 0666 /dev/net/tun'
  }
  const { status, stderr } = spawnSync('unshare', [...unshareWords, 'true'], { encoding: 'utf8' })
  return status === 0 ? '' : `this user may not make user namespaces: ${stderr.trim()}`
}

const skip: string | false = obstacle() || false

/** Options of `test`: a reason to skip only where an ordinary user cannot have a laboratory. */
export const inLab = (timeoutMs = 60_000): { skip: string | false; timeout: number } => ({
  skip,
  timeout: timeoutMs,
})

export class Lab {
  readonly name: string
  /** Its first process, by the number it has outside. */
  readonly pid: number
  private readonly first: ChildProcess | null

  private constructor(name: string, pid: number, first: ChildProcess | null) {
    this.name = name
    this.pid = pid
    this.first = first
  }

  /** Open a laboratory; `name` is what `find` looks for. Throws with what the kernel said when it cannot. */
  static async open(name = `fullnat-${process.pid}`): Promise<Lab> {
    const first = spawn('unshare', [...unshareWords, 'bash', '-c', FIRST_PROCESS, name], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    const said = await firstWords(first)
    if (!said.startsWith('ready')) throw new Error(`no private namespaces here: ${said.trim()}`)
    return new Lab(name, childOf(first.pid!), first)
  }

  /** This user's laboratories of this name that stay up after the process that opened them. */
  static find(name: string): Lab[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && isFirstProcess(Number(entry), name))
      .map((entry) => new Lab(name, Number(entry), null))
  }

  /** Command words that run `words` in the network namespace of `host` ('' for the laboratory's own). */
  enter(host: string, words: string[]): string[] {
    const user = asRoot ? [] : ['--user', '--preserve-credentials']
    const net = host ? ['nsenter', `--net=/run/netns/${host}`] : []
    const outer = ['nsenter', `--target=${this.pid}`, ...user, '--mount', '--root', '--net', '--pid']
    const state = `FULLNAT_STATE_DIR=/run/fullnat-${host || 'lab'}`
    return [...outer, 'setpriv', '--pdeathsig', 'KILL', ...net, 'env', '-C', checkout, state, ...words]
  }

  spawn(host: string, words: string[], options: SpawnOptions = {}): ChildProcess {
    const [program, ...rest] = this.enter(host, words)
    return spawn(program!, rest, {
      ...options,
      env: { ...environment(), ...options.env },
    })
  }

  /** Run to the end. A command that is still running after `timeoutMs` (20 s) is ended and has status 124. */
  async run(host: string, words: string[], options: RunOptions = {}): Promise<Result> {
    const child = this.spawn(host, words, { stdio: 'pipe', env: options.environment ?? {} })
    let late = false
    const timer = setTimeout(() => {
      late = true
      child.kill('SIGKILL')
    }, options.timeoutMs ?? 20_000)
    child.stdin!.on('error', () => {})
    child.stdin!.end(options.input ?? '')
    const [stdout, stderr, status] = await Promise.all([text(child.stdout!), text(child.stderr!), ended(child)])
    clearTimeout(timer)
    return { status: late ? 124 : status, stdout, stderr }
  }

  /** As `run`; anything but status 0 is an error that quotes the command and what it said. */
  async must(host: string, words: string[], options: RunOptions = {}): Promise<string> {
    const { status, stdout, stderr } = await this.run(host, words, options)
    if (status !== 0) throw new Error(`${host || 'lab'}: ${words.join(' ')}: status ${status}\n${stderr || stdout}`)
    return stdout
  }

  /** Leave it up when this process ends. */
  keep(): void {
    this.first?.stdin?.end('keep\n')
    this.first?.stdout?.destroy()
    this.first?.stderr?.destroy()
    this.first?.unref()
  }

  /** End every process in it; its namespaces and file systems go with them. */
  async close(): Promise<void> {
    if (!this.first) {
      process.kill(this.pid, 'SIGKILL')
      while (isFirstProcess(this.pid, this.name)) await new Promise((done) => setTimeout(done, 10))
      return
    }
    const end = ended(this.first)
    this.first.stdin!.end()
    await end
  }
}

/** Of every command in a laboratory: the checkout's programs come first, and all speak English. */
export const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  LC_ALL: 'C',
  PATH: [join(checkout, 'bin'), dirname(process.execPath), process.env.PATH ?? '', '/usr/sbin:/sbin'].join(':'),
})

const isFirstProcess = (pid: number, name: string): boolean => {
  try {
    const [program, , , word] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return program === 'bash' && word === name && statSync(`/proc/${pid}`).uid === process.getuid?.()
  } catch {
    return false
  }
}

const childOf = (pid: number): number => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

export const ended = (child: ChildProcess): Promise<number> =>
  new Promise((done, fail) => {
    const status = (code: number | null, signal: NodeJS.Signals | null) =>
      done(code ?? 128 + (signal ? os.constants.signals[signal] : 0))
    if (child.exitCode !== null || child.signalCode !== null) status(child.exitCode, child.signalCode)
    child.once('error', fail)
    child.once('exit', status)
  })

/** What it printed first, on either stream. */
const firstWords = (child: ChildProcess): Promise<string> =>
  new Promise((done, fail) => {
    child.once('error', fail)
    for (const stream of [child.stdout!, child.stderr!]) stream.once('data', (part: Buffer) => done(part.toString()))
    child.once('exit', (code) => done(`unshare ended with status ${code}`))
  })
