/** Which of the programs speaks: its name stands in every message. */
import type { Family } from '../../address/words.js'

export interface Program {
  /** 'iptables', 'ip6tables-restore' ... */
  readonly name: string
  readonly family: Family
}

/** The release whose grammar, messages and layouts these are. */
export const VERSION = '1.8.9 (nf_tables)'

export const versionLine = ({ name }: Program): string => `${name} v${VERSION}\n`
