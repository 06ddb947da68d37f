/**
 * How each failure is answered over HTTP: one table, by code. Bodies of /v1 are problem details (RFC 9457); those of the
 * command lines' routes are a FailureView with the same status.
 */
import { Failure, type FailureCode } from '../failure/failure.js'

interface Answer {
  status: number
  /** The same for every failure of the code; what happened here is the failure's own message. */
  title: string
}

const answer = (status: number, title: string): Answer => ({ status, title })

export const ANSWERS: Readonly<Record<FailureCode, Answer>> = {
  'service-exists': answer(409, 'the service exists'),
  'service-missing': answer(404, 'there is no such service'),
  'service-undefined': answer(404, 'there is no such service'),
  'destination-exists': answer(409, 'the server exists'),
  'destination-missing': answer(404, 'there is no such server'),
  'scheduler-missing': answer(400, 'there is no such scheduler'),
  'out-of-range': answer(400, 'a value is out of its range'),
  'address-not-unicast': answer(400, 'not a unicast address'),
  'family-unsupported': answer(400, 'an address of another family'),
  'daemon-exists': answer(409, 'the daemon runs'),
  'daemon-missing': answer(404, 'the daemon does not run'),
  'interface-missing': answer(404, 'there is no such interface'),
  'chain-missing': answer(404, 'there is no such chain'),
  'chain-exists': answer(409, 'the chain exists'),
  'chain-busy': answer(409, 'rules lead to the chain'),
  'chain-builtin': answer(400, 'a built-in chain'),
  'chain-not-empty': answer(409, 'the chain has rules'),
  'policy-bad': answer(400, 'no such policy'),
  'rule-missing': answer(404, 'there is no such rule'),
  'index-deletion': answer(400, 'no rule at this position'),
  'index-insertion': answer(400, 'no rule at this position'),
  'index-replacement': answer(400, 'no rule at this position'),
  'target-misplaced': answer(400, 'a target that does not work here'),
  'target-loop': answer(400, 'rules that lead in a circle'),
  'drop-in-nat': answer(400, 'nat does not drop'),
  'not-running': answer(503, 'the director is not running'),
  'already-running': answer(409, 'the director runs already'),
  permission: answer(403, 'not permitted'),
  'no-tun': answer(503, 'no TUN device'),
  'no-libbpf': answer(503, 'no libbpf'),
  'state-unreadable': answer(500, 'the state cannot be read'),
  'bad-request': answer(400, 'the request is wrong'),
  'route-missing': answer(404, 'there is no such route'),
  'token-missing': answer(404, 'there is no such token'),
  'token-exists': answer(409, 'the token exists'),
  unauthorized: answer(401, 'a token is needed'),
  'too-many-requests': answer(429, 'too many requests'),
  'too-large': answer(413, 'the request is too large'),
  'revision-conflict': answer(412, 'the configuration has changed meanwhile'),
  'address-in-use': answer(409, 'the address is in use'),
  'setting-unknown': answer(400, 'there is no such setting'),
  'setting-range': answer(400, 'a setting is out of its range'),
  'setting-fixed': answer(400, 'a setting that is fixed here'),
  internal: answer(500, 'a fault of fullnat itself'),
}

export interface Problem {
  type: string
  title: string
  status: number
  detail: string
  code: FailureCode
  facts: Readonly<Record<string, string | number>>
}

export const problemOf = ({ code, message, facts }: Failure): Problem => ({
  type: `urn:fullnat:failure:${code}`,
  ...ANSWERS[code],
  detail: message,
  code,
  facts,
})

/** What is no Failure is a fault of ours. */
export const failureOf = (error: unknown): Failure =>
  error instanceof Failure ? error : new Failure('internal', `internal error: ${error}`)
