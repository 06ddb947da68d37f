/** The tables nat and mangle as the API shows and takes them: model/netfilter.ts, field by field. */
import { z } from '@hono/zod-openapi'
import type { TableChange } from '../../../commands/command.js'
import { ADDRESS_TYPES, type Match, type RuleSpec, type Target } from '../../../model/netfilter.js'

const count = z.number().int().min(0)
const byte = z.number().int().min(0).max(255)
const word = z.number().int().min(0).max(0xffffffff)
const port = z.number().int().min(0).max(65535)
const not = <T extends z.ZodType>(value: T) => z.strictObject({ invert: z.boolean(), value })
const inverted = z.strictObject({ invert: z.boolean() })
const address = z.string().min(1).max(39)
const prefix = not(z.strictObject({ address, length: z.union([z.number().int().min(0).max(128), address]) })).nullable()
const span = z.strictObject({ from: port, to: port })
const spans = { source: not(span).nullable(), destination: not(span).nullable() }
const message = not(z.strictObject({ type: byte, codes: z.strictObject({ from: byte, to: byte }) }))
const types = not(z.array(z.enum(ADDRESS_TYPES))).nullable()
const chunks = z.strictObject({
  extent: z.enum(['all', 'any', 'only']),
  types: z.union([z.literal('ALL'), z.array(z.strictObject({ type: byte, mask: byte, set: byte }))]),
})
const mark = { value: word, mask: word }

const match = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('ipvs'),
      ipvs: inverted.nullable(),
      protocol: not(byte).nullable(),
      address: prefix,
      port: not(port).nullable(),
      direction: z.enum(['ORIGINAL', 'REPLY']).nullable(),
      method: not(z.enum(['GATE', 'IPIP', 'MASQ'])).nullable(),
      controlPort: not(port).nullable(),
    }),
    z.strictObject({
      kind: z.literal('tcp'),
      ...spans,
      flags: not(z.strictObject({ mask: byte.max(63), set: byte.max(63) })).nullable(),
      option: not(byte.min(1)).nullable(),
    }),
    z.strictObject({ kind: z.literal('udp'), ...spans }),
    z.strictObject({ kind: z.literal('sctp'), ...spans, chunks: not(chunks).nullable() }),
    z.strictObject({ kind: z.literal('icmp'), message }),
    z.strictObject({ kind: z.literal('icmp6'), message }),
    z.strictObject({
      kind: z.literal('multiport'),
      side: z.enum(['source', 'destination', 'either']),
      ports: not(z.array(span)),
    }),
    z.strictObject({ kind: z.literal('mark'), mark: not(z.strictObject(mark)) }),
    z.strictObject({ kind: z.literal('addrtype'), source: types, destination: types }),
    z.strictObject({ kind: z.literal('comment'), text: z.string().max(255) }),
  ])
  .openapi('Match') satisfies z.ZodType<Match>

const ports = span.nullable()
const random = { random: z.boolean(), randomFully: z.boolean() }
const target = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('SNAT'),
      addresses: z.strictObject({ from: address, to: address }).nullable(),
      ports,
      ...random,
      persistent: z.boolean(),
    }),
    z.strictObject({ kind: z.literal('MASQUERADE'), ports, ...random }),
    z.strictObject({ kind: z.literal('MARK'), ...mark }),
    z.strictObject({ kind: z.literal('ACCEPT') }),
    z.strictObject({ kind: z.literal('DROP') }),
    z.strictObject({ kind: z.literal('RETURN') }),
    z.strictObject({ kind: z.literal('JUMP'), chain: z.string(), goto: z.boolean() }),
    z.strictObject({ kind: z.literal('NONE') }),
  ])
  .openapi('Target') satisfies z.ZodType<Target>

const ruleFields = {
  protocol: not(byte),
  source: prefix,
  destination: prefix,
  inInterface: not(z.string()).nullable(),
  outInterface: not(z.string()).nullable(),
  fragment: inverted.nullable(),
  matches: z.array(match),
  target,
}
/** A rule that every packet meets, but for what is given. */
const ruleSpec = z
  .strictObject({
    protocol: ruleFields.protocol.default({ invert: false, value: 0 }),
    source: prefix.default(null),
    destination: prefix.default(null),
    inInterface: ruleFields.inInterface.default(null),
    outInterface: ruleFields.outInterface.default(null),
    fragment: ruleFields.fragment.default(null),
    matches: ruleFields.matches.default([]),
    target,
  })
  .openapi('RuleSpec') satisfies z.ZodType<RuleSpec>

const chainName = z.string().min(1).max(28).regex(/^\S+$/, 'a name has no white space')
const on = { chain: chainName }
const onAny = { chain: chainName.nullable().default(null) }
const at = z.number().int().min(1)
const counted = { rule: ruleSpec, packets: count.default(0), bytes: count.default(0) }
const policy = z.enum(['ACCEPT', 'DROP'])
const counters = z.strictObject({ packets: count, bytes: count }).nullable().default(null)

type Bare<T> = T extends unknown ? Omit<T, 'table' | 'family'> : never

export const tableChange = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('rule.append'), ...on, ...counted }),
    z.strictObject({ kind: z.literal('rule.insert'), ...on, at: at.default(1), ...counted }),
    z.strictObject({ kind: z.literal('rule.replace'), ...on, at, ...counted }),
    z.strictObject({ kind: z.literal('rule.delete'), ...on, rule: ruleSpec }),
    z.strictObject({ kind: z.literal('rule.deleteAt'), ...on, at }),
    z.strictObject({ kind: z.literal('rule.check'), ...on, rule: ruleSpec }),
    z.strictObject({ kind: z.literal('chain.new'), ...on }),
    z.strictObject({ kind: z.literal('chain.restore'), ...on }),
    z.strictObject({ kind: z.literal('chain.delete'), ...onAny }),
    z.strictObject({ kind: z.literal('chain.rename'), ...on, to: chainName }),
    z.strictObject({ kind: z.literal('chain.flush'), ...onAny }),
    z.strictObject({ kind: z.literal('chain.policy'), ...on, policy, counters }),
    z.strictObject({ kind: z.literal('chain.zero'), ...onAny, at: at.nullable().default(null) }),
  ])
  .openapi('TableChange') satisfies z.ZodType<Bare<TableChange>>

export const tableChanges = z
  .strictObject({
    flush: z.boolean().default(false).openapi({ description: 'Begin with an emptied table' }),
    changes: z.array(tableChange).max(100_000),
  })
  .openapi('TableChanges', { description: 'Made all or none' })

export const tablePath = z.object({
  table: z.enum(['nat', 'mangle']),
  family: z.enum(['4', '6']).transform((text) => (text === '4' ? 4 : 6)),
})

const rule = z.object({ id: count, ...ruleFields, packets: count, bytes: count }).openapi('Rule')
export const table = z
  .object({
    name: z.enum(['nat', 'mangle']),
    family: z.union([z.literal(4), z.literal(6)]),
    chains: z.array(
      z.object({
        id: count,
        name: z.string(),
        policy: policy.nullable(),
        packets: count,
        bytes: count,
        rules: z.array(rule),
      }),
    ),
  })
  .openapi('Table')
