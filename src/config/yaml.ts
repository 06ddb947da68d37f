/**
 * A YAML 1.2 text as nodes with positions. What YAML itself refuses is a problem with its place, like any other.
 *
 * Anchors, aliases and `<<` are resolved here; keys are texts; one document. A text whose aliases grow it beyond reason
 * is refused.
 */
import { type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, parseDocument } from 'yaml'
import type { Entry, MapNode, Node, Scalar } from './node.js'
import type { Problems } from './problem.js'

const MERGE = '<<'
/** Nodes that a text may stand for. */
const NODES_MAX = 4_000_000

/** null: it says nothing, or nothing that can be read; `problems` says which. */
export function nodesOf(text: string, problems: Problems): Node | null {
  const document = parseDocument(text, { uniqueKeys: false, prettyErrors: false, strict: true })
  for (const { message, pos } of [...document.errors, ...document.warnings])
    problems.add(pos[0], null, `this is no YAML: ${message.split('\n')[0]}`, hint(text, pos[0]))
  if (problems.list.length > 0 || document.contents === null) return null
  return new Reader(document as Document.Parsed, text, problems).node(document.contents as ParsedNode)
}

/** A server of IPv6 begins like a list. */
const hint = (text: string, at: number): string => {
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1).split('\n')[0]
  return /[:-] +\[[\da-f:.]+\]:\d/i.test(line) ? 'an IPv6 server stands in quotes, such as "[2001:db8::21]:80"' : ''
}

class Reader {
  readonly #document: Document.Parsed
  readonly #text: string
  readonly #problems: Problems
  #left = NODES_MAX
  readonly #open = new Set<unknown>()

  constructor(document: Document.Parsed, text: string, problems: Problems) {
    this.#document = document
    this.#text = text
    this.#problems = problems
  }

  node(found: ParsedNode): Node {
    const [at, end] = found.range
    if (this.#left-- === 0) this.#problems.add(at, null, `its aliases stand for more than ${NODES_MAX} values`, '')
    if (this.#left <= 0) return nothing(at)
    if (isAlias(found)) return this.#alias(found as ParsedNode)
    if (isSeq<ParsedNode>(found)) return { kind: 'list', at, items: found.items.map((item) => this.node(item)) }
    if (isMap<ParsedNode, ParsedNode | null>(found)) return this.#map(found, at)
    const value = isScalar(found) ? found.value : null
    return { kind: 'scalar', at, value: plain(value), text: this.#text.slice(at, end) }
  }

  #alias(found: ParsedNode): Node {
    const [at] = found.range
    const target = isAlias(found) ? (found.resolve(this.#document) as ParsedNode | undefined) : undefined
    if (target === undefined || this.#open.has(target)) {
      this.#problems.add(at, null, 'the alias stands inside what it names, or names nothing', 'an anchor before it')
      return nothing(at)
    }
    this.#open.add(target)
    const node = this.node(target)
    this.#open.delete(target)
    return node
  }

  #map({ items }: { items: { key: ParsedNode; value: ParsedNode | null }[] }, at: number): MapNode {
    const own: Entry[] = []
    const merged: Entry[] = []
    for (const { key, value } of items) {
      const name = isScalar(key) ? String(key.value ?? '') : ''
      const [keyAt, keyEnd] = key.range
      const content = value === null ? nothing(keyEnd) : this.node(value)
      if (name === MERGE) merged.push(...this.#merged(content))
      else if (isScalar(key)) own.push({ key: name, at: keyAt, value: content })
      else this.#problems.add(keyAt, null, 'a key is a list or a map', 'a word')
    }
    const names = new Set(own.map(({ key }) => key))
    const inherited = merged.filter(({ key }) => !names.has(key) && names.add(key))
    return { kind: 'map', at, entries: [...own, ...inherited] }
  }

  #merged(content: Node): Entry[] {
    if (content.kind === 'map') return content.entries
    if (content.kind === 'list') return content.items.flatMap((item) => this.#merged(item))
    this.#problems.add(content.at, null, `${MERGE} takes a map`, 'an alias of one, such as <<: *web')
    return []
  }
}

const nothing = (at: number): Node => ({ kind: 'scalar', at, value: null, text: '' })

function plain(value: unknown): Scalar {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return null
}
