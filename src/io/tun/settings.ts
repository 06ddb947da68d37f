/**
 * Kernel settings changed on the host's behalf, each put back as it was found.
 *
 * The original value is in the file, on disk, before the setting changes: a process that comes after a killed one still
 * knows what to restore. Paths are below /proc/sys and belong to this network namespace.
 */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { Failure } from '../../failure/failure.js'

const ROOT = '/proc/sys/'

export class Settings {
  private readonly file: string
  private readonly originals: Map<string, string>

  /** `file`: where originals are kept; read if an earlier process left it. */
  constructor(file: string) {
    this.file = file
    this.originals = new Map(existsSync(file) ? Object.entries(JSON.parse(readFileSync(file, 'utf8'))) : [])
  }

  /** The present value, null where this kernel has no such setting. */
  read(path: string): string | null {
    try {
      return readFileSync(ROOT + path, 'utf8').trim()
    } catch {
      return null
    }
  }

  /** What it was before fullnat, or is. */
  original(path: string): string | null {
    return this.originals.get(path) ?? this.read(path)
  }

  /** Changes a setting; one that this kernel lacks is passed over. Fails with permission. */
  set(path: string, value: string): void {
    const present = this.read(path)
    if (present === null || present === value) return
    this.keep(path)
    write(path, value)
  }

  /** Notes the present value, to be put back: another setting is about to change this one. */
  keep(path: string): void {
    const present = this.read(path)
    if (present === null || this.originals.has(path)) return
    this.originals.set(path, present)
    this.save()
  }

  /**
   * Everything back, as far as it still exists, in the order opposite to the changes. What cannot be written stays noted
   * for another try, and the first such failure is thrown when all others are back.
   */
  restore(): void {
    let failure: unknown = null
    for (const [path, value] of [...this.originals].reverse()) {
      try {
        if (this.read(path) !== null) write(path, value)
        this.originals.delete(path)
      } catch (error) {
        failure ??= error
      }
    }
    if (failure !== null) {
      this.save()
      throw failure
    }
    rmSync(this.file, { force: true })
  }

  private save(): void {
    const fresh = `${this.file}.new`
    writeFileSync(fresh, JSON.stringify(Object.fromEntries(this.originals), null, 1), { mode: 0o600, flush: true })
    renameSync(fresh, this.file)
  }
}

function write(path: string, value: string): void {
  try {
    // Whole in one write, without a line break: Linux 6.1 says of some IPv6 settings that one byte was written (addrconf.c,
    // addrconf_fixup_linkdown), and refuses a rest. An empty value alone would be no write at all.
    writeFileSync(ROOT + path, value || '\n')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const name = path.replaceAll('/', '.')
    const hint = 'run as root, or make /proc/sys writable in this container'
    throw new Failure('permission', `sysctl ${name} = ${value}: ${code}: ${hint}`)
  }
}
