/** The lines of a restore, read one after the other (iptables 1.8.9, xtables-restore.c, xtables_restore_parse_line). */
import type { Counters, TableChange } from '../../commands/command.js'
import { BUILTIN_CHAINS, type Policy, type TableName } from '../../model/netfilter.js'
import type { CliIo } from '../io.js'
import type { Names } from '../name/names.js'
import { Complaint, misuse, type Place, unsupported } from './complaint.js'
import { NO_COUNTERS } from './count.js'
import { BAD_POLICY, NOT_FOR_DROP } from './failure-text.js'
import { isTable, OTHER_TABLES } from './known.js'
import { checkChainName } from './letters.js'
import { chatterOf, send } from './perform.js'
import type { Program } from './program.js'
import { wordsOf } from './quote.js'
import { reader } from './reader.js'

export interface RestoreOptions {
  counters: boolean
  verbose: boolean
  flush: boolean
  test: boolean
  /** The one table to restore, null: all of them. */
  table: string | null
}

/** A table being read. */
interface Section {
  table: TableName
  read: ReturnType<typeof reader>
  changes: TableChange[]
  /** Where each of them stands. */
  lines: number[]
  /** What -v says of them. */
  verbose: TableChange[]
}

export class RestoreStream {
  readonly #options: RestoreOptions
  readonly #program: Program
  readonly #io: CliIo
  readonly #names: Names
  #section: Section | null = null
  /** Inside a table that is not to be restored. */
  #skipping = false
  #line = 0
  #refused = 0
  #ended = false

  constructor(options: RestoreOptions, program: Program, io: CliIo, names: Names) {
    this.#options = options
    this.#program = program
    this.#io = io
    this.#names = names
  }

  /** Where a complaint arose. */
  get place(): Place {
    return { read: this.#line, refused: this.#refused || this.#line }
  }

  async run(text: string): Promise<void> {
    const lines = text.split('\n')
    if (lines.at(-1) === '') lines.pop()
    for (const line of lines) {
      this.#line++
      await this.#take(line)
      if (this.#ended) return
    }
    if (this.#section) throw new Complaint('plain', `${this.#program.name}: COMMIT expected at line ${this.#line + 1}`)
  }

  async #take(line: string): Promise<void> {
    if (line === '') return
    if (line[0] === '#') {
      if (this.#options.verbose) this.#io.out(`${line}\n`)
    } else if (this.#section && line === 'COMMIT') await this.#commit(this.#section)
    else if (line[0] === '*' && !this.#section) this.#begin(line)
    else if (line[0] === ':' && this.#section) this.#chain(this.#section, line)
    else if (this.#section) await this.#command(this.#section, line)
    else if (!this.#skipping) throw new Complaint('plain', `${this.#program.name}: line ${this.#line} failed`)
  }

  #begin(line: string): void {
    const [table] = fields(line)
    if (table === undefined) throw this.#invalid('table name')
    if (!isTable(table) && !OTHER_TABLES.includes(table)) throw this.#invalid(`table name '${table}'`)
    const { table: only } = this.#options
    this.#skipping = only !== null && only !== table
    if (this.#skipping || !isTable(table)) return
    const read = reader(this.#program, table, true, this.#io, this.#names)
    this.#section = { table, read, changes: [], lines: [], verbose: [] }
  }

  /** `:CHAIN POLICY [PACKETS:BYTES]` */
  #chain(section: Section, line: string): void {
    const [chain, policy, counters] = fields(line)
    const { table } = section
    const { family } = this.#program
    if (chain === undefined) throw this.#invalid('chain name')
    checkChainName(chain, family)
    if (policy === undefined) throw this.#invalid('policy')
    if (!BUILTIN_CHAINS[table].includes(chain)) this.#add(section, { kind: 'chain.restore', table, family, chain })
    else {
      const set = this.#options.counters ? policyCounters(chain, counters) : NO_COUNTERS
      this.#add(section, { kind: 'chain.policy', table, family, chain, policy: policyOf(policy, table), counters: set })
    }
  }

  /** A command as iptables has it, without the table; `[PACKETS:BYTES]` may stand before it. */
  async #command(section: Section, line: string): Promise<void> {
    const [all, packets, bytes] = /^\[([^:\]]+):([^\]]+)\]/.exec(line) ?? ['']
    if (line[0] === '[' && all === '') throw misuse(`Bad line ${this.#line}: need ]`)
    const counters = all !== '' && this.#options.counters ? ['--set-counters', packets, bytes] : []
    const words = [...counters, ...wordsOf(line.slice(all.length))]
    const request = await section.read(words)
    switch (request.kind) {
      case 'text':
        this.#io.out(request.text)
        this.#ended = true
        break
      case 'list':
        throw unsupported('a listing inside a restore')
      case 'change':
        if (request.verbose || (this.#options.verbose && this.#options.flush)) section.verbose.push(...request.changes)
        for (const change of request.changes) this.#add(section, change)
        break
      case 'nothing':
    }
  }

  #add(section: Section, change: TableChange): void {
    section.changes.push(change)
    section.lines.push(this.#line)
  }

  async #commit(section: Section): Promise<void> {
    this.#section = null
    const { test, flush, verbose } = this.#options
    if (test || (!flush && section.changes.length === 0)) return
    const chatter = flush && verbose ? await this.#flushChatter(section.table) : ''
    const more = await chatterOf(section.table, section.verbose, this.#program, this.#io.director)
    await send(section.table, section.changes, flush, this.#program, this.#io.director, (index) => {
      this.#refused = section.lines[index]
    })
    this.#io.out(chatter + more)
  }

  #flushChatter(table: TableName): Promise<string> {
    const { family } = this.#program
    const all: TableChange[] = [
      { kind: 'chain.flush', table, family, chain: null },
      { kind: 'chain.delete', table, family, chain: null },
    ]
    return chatterOf(table, all, this.#program, this.#io.director)
  }

  #invalid(what: string): Complaint {
    return misuse(`${this.#program.name}: line ${this.#line} ${what} invalid`)
  }
}

const fields = (line: string): string[] =>
  line
    .slice(1)
    .split(/[ \t]+/)
    .filter((field) => field !== '')

function policyOf(text: string, table: TableName): Policy {
  if (text === 'DROP' && table === 'nat') throw misuse(NOT_FOR_DROP)
  if (text === 'DROP') return text
  if (text !== 'ACCEPT' && text !== '-') throw new Complaint('refused', BAD_POLICY)
  return 'ACCEPT'
}

function policyCounters(chain: string, text = ''): Counters {
  const [, packets, bytes] = /^\[(\d+):(\d+)\]/.exec(text) ?? []
  if (bytes === undefined || !Number.isSafeInteger(Number(packets)) || !Number.isSafeInteger(Number(bytes)))
    throw misuse(`invalid policy counters for chain '${chain}'`)
  return { packets: Number(packets), bytes: Number(bytes) }
}
