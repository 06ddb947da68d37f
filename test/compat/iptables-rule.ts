/** Rules by their text, for the tests of matches and targets. */
import assert from 'node:assert/strict'
import { Complaint } from '../../src/cli/iptables/complaint.js'
import type { Lookup } from '../../src/cli/iptables/lookup.js'
import { parse } from '../../src/cli/iptables/parse.js'
import { wordsOf } from '../../src/cli/iptables/quote.js'
import type { Request } from '../../src/cli/iptables/request.js'
import { numericNaming, row } from '../../src/cli/iptables/rule-row.js'
import { ruleText } from '../../src/cli/iptables/rule-text.js'
import { PortNames } from '../../src/cli/name/port-names.js'
import { ProtocolNames } from '../../src/cli/name/protocol-names.js'
import type { RuleSpec } from '../../src/model/netfilter.js'

type Family = 4 | 6

export const lookup: Lookup = {
  ports: new PortNames('ftp 21/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nsyslog 514/udp\n'),
  protocols: new ProtocolNames('tcp 6 TCP\nudp 17 UDP\ngre 47 GRE\n'),
  hosts: (name) => ({ one: ['10.0.0.1'], two: ['10.0.0.1', '10.0.0.2'] })[name] ?? [],
}

/** A line of iptables or ip6tables on the nat table; throws Complaint. */
export function request(line: string, family: Family = 4, warnings: string[] = []): Request {
  const program = { name: family === 4 ? 'iptables' : 'ip6tables', family }
  const origin = { program, table: 'nat', restore: false, warn: (text: string) => warnings.push(text) }
  return parse(wordsOf(line), origin, lookup)
}

/** What `-A POSTROUTING TEXT` appends: one rule or, of several addresses, more. */
export function rulesOf(text: string, family: Family = 4): RuleSpec[] {
  const asked = request(`-A POSTROUTING ${text}`, family)
  assert.equal(asked.kind, 'change')
  return asked.changes.map((change) => {
    assert.equal(change.kind, 'rule.append')
    return change.rule
  })
}

export const ruleOf = (text: string, family: Family = 4): RuleSpec => rulesOf(text, family)[0]

/** The rule as `-S` shows it, behind the chain. */
export const saved = (text: string, family: Family = 4): string =>
  ruleText('X', ruleOf(text, family), family, lookup.protocols, null).slice('-A X '.length)

/** The last column of the rule in `-nL`. */
export function shown(text: string, family: Family = 4): string {
  const options = {
    chain: null,
    at: null,
    numeric: true,
    verbose: false,
    exact: false,
    lineNumbers: false,
  }
  const line = row(ruleOf(text, family), 1, { packets: 0, bytes: 0 }, options, numericNaming(family))
  return line
    .trimEnd()
    .replace(/^.{58}/, '')
    .trimStart()
}

/** The complaint that a line is refused with. */
export function refusal(line: string, family: Family = 4): string {
  try {
    request(line.startsWith('-') && /^-[ADCIRLSFZNXEPhV]/.test(line) ? line : `-A POSTROUTING ${line}`, family)
  } catch (error) {
    assert.ok(error instanceof Complaint)
    return error.message
  }
  assert.fail(`${line} was accepted`)
}
