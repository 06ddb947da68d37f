/** The matches there are: one line for each. */
import type { Match } from '../../../model/nat.js'
import type { MatchExtension } from '../extension.js'
import { comment } from './comment.js'
import { ipvs } from './ipvs.js'
import { sctp } from './sctp.js'
import { tcp } from './tcp.js'
import { udp } from './udp.js'

const MATCHES: Readonly<Record<string, MatchExtension>> = { ipvs, tcp, udp, sctp, comment }

export const findMatch = (name: string): MatchExtension | null => (Object.hasOwn(MATCHES, name) ? MATCHES[name] : null)

/** The extension of a match that a rule has. */
export const matchExtension = ({ kind }: Match): MatchExtension => MATCHES[kind]
