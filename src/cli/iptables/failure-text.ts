/**
 * What iptables says of a Failure: the errno that iptables-nft or the kernel has for it, in its words (nft.c,
 * nft_strerror). The same code reads differently by what was tried.
 */
import type { FailureView } from '../../api/routes.js'
import type { TableChange } from '../../commands/command.js'
import { Complaint } from './complaint.js'

type Code = FailureView['code']
type Kind = TableChange['kind']

export const NO_CHAIN = 'No chain/target/match by that name'
const NO_RULE = 'Bad rule (does a matching rule exist in that chain?)'
export const BAD_POLICY = 'Bad policy name'
export const NOT_FOR_DROP =
  '\nThe "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n'

const REFUSED: Partial<Record<Code, string>> = {
  'chain-missing': NO_CHAIN,
  'chain-exists': 'Chain already exists',
  'rule-missing': NO_RULE,
  'index-deletion': 'Index of deletion too big',
  'index-insertion': 'Index of insertion too big',
  'index-replacement': 'Index of replacement too big',
}
const REFUSED_TO: Partial<Record<Kind, Partial<Record<Code, string>>>> = {
  'rule.delete': { 'chain-missing': NO_RULE },
  'rule.check': { 'chain-missing': NO_RULE },
  'chain.rename': { 'chain-exists': 'File exists', 'chain-builtin': NO_CHAIN },
  'chain.policy': { 'chain-builtin': 'Bad built-in chain name', 'chain-missing': 'Bad built-in chain name' },
}
/** Of a rule that the kernel does not take. */
const BY_KERNEL: Partial<Record<Code, string>> = {
  'target-misplaced': 'Invalid argument',
  'bad-request': 'Invalid argument',
  'target-loop': 'Too many links',
  'chain-builtin': 'Operation not supported',
}
const OPERATION: Partial<Record<Kind, string>> = {
  'rule.append': 'RULE_APPEND',
  'rule.insert': 'RULE_INSERT',
  'rule.replace': 'RULE_REPLACE',
}

export function refusalOf(change: TableChange, failure: FailureView): Complaint {
  const { code, facts } = failure
  const operation = OPERATION[change.kind]
  if (operation && BY_KERNEL[code])
    return new Complaint('kernel', `${operation} failed (${BY_KERNEL[code]}): rule in chain ${change.chain}`)
  if (code === 'chain-busy')
    return new Complaint('kernel', `CHAIN_DEL failed (Device or resource busy): chain ${facts.chain}`)
  if (code === 'chain-missing' && facts.role === 'target')
    return new Complaint('misuse', `Chain '${facts.chain}' does not exist`)
  if (code === 'drop-in-nat') return new Complaint('misuse', NOT_FOR_DROP)
  if (code === 'chain-missing' && change.kind === 'chain.zero' && change.at !== null)
    return new Complaint('refused', NO_RULE)
  const text = REFUSED_TO[change.kind]?.[code] ?? REFUSED[code]
  return text === undefined ? unavailable(failure) : new Complaint('refused', text)
}

/** No director could be asked, or it failed at something else than the change. */
export const unavailable = ({ code, message }: Pick<FailureView, 'code' | 'message'>): Complaint =>
  new Complaint(
    'unavailable',
    code === 'permission' ? 'Could not fetch rule set generation id: Permission denied (you must be root)' : message,
  )
