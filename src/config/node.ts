/** What a YAML text says, each part with where it stands: all that the rest of src/config knows of YAML. */
export type Scalar = string | number | boolean | null

export interface ScalarNode {
  kind: 'scalar'
  /** Offset in the text. */
  at: number
  value: Scalar
  /** As it is written. */
  text: string
}

export interface ListNode {
  kind: 'list'
  at: number
  items: Node[]
}

export interface Entry {
  key: string
  /** Of the key. */
  at: number
  value: Node
}

export interface MapNode {
  kind: 'map'
  at: number
  entries: Entry[]
}

export type Node = ScalarNode | ListNode | MapNode

/** Steps from the top: a key, or a place in a list. */
export interface Path {
  up: Path | null
  step: string | number
}

/** `services[2].servers[0].weight`; '' at the top. */
export function pathText(path: Path | null): string {
  if (path === null) return ''
  const { up, step } = path
  const before = pathText(up)
  if (typeof step === 'number') return `${before}[${step}]`
  return before === '' ? step : `${before}.${step}`
}

const SHOWN_MAX = 60

/** A value as a complaint names it. */
export function shown(node: Node): string {
  if (node.kind === 'list') return 'a list'
  if (node.kind === 'map') return 'a map'
  if (node.value === null && node.text === '') return 'nothing'
  const text = typeof node.value === 'string' ? node.value : node.text
  const short = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text
  return `'${short.replace(/\p{Cc}/gu, ' ')}'`
}
