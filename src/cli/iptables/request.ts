/** What a command line asks for, once it is read. */
import type { TableChange } from '../../commands/command.js'
import type { TableName } from '../../model/netfilter.js'

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
  | { kind: 'change'; table: TableName; changes: TableChange[]; verbose: boolean }
  /** `-L` as a table, `-S` as rules; `zero` follows the listing. */
  | {
      kind: 'list'
      table: TableName
      form: 'table' | 'rules'
      options: ListOptions
      zero: Extract<TableChange, { kind: 'chain.zero' }> | null
    }
  /** -h, -V. */
  | { kind: 'text'; text: string }
  /** A line of a restore for the other family. */
  | { kind: 'nothing' }
