/** What a command line asks for, once it is read. */
import type { NatChange } from '../../commands/command.js'

export interface ListOptions {
  chain: string | null
  /** One rule alone, counted from 1. */
  at: number | null
  numeric: boolean
  verbose: boolean
  exact: boolean
  lineNumbers: boolean
}

export type Request =
  | { kind: 'change'; changes: NatChange[]; verbose: boolean }
  /** `-L` as a table, `-S` as rules; `zero` follows the listing. */
  | {
      kind: 'list'
      form: 'table' | 'rules'
      options: ListOptions
      zero: Extract<NatChange, { kind: 'chain.zero' }> | null
    }
  /** -h, -V. */
  | { kind: 'text'; text: string }
  /** A line of a restore for the other family. */
  | { kind: 'nothing' }
