/**
 * The kinds of values that a configuration is made of. Each reads a node, says what is wrong and what would be right,
 * and has the JSON schema that editors complete and check by: one description for both.
 */
import { nearest } from './nearest.js'
import { type Entry, type MapNode, type Node, type Path, type ScalarNode, shown } from './node.js'
import type { Problems, Spot } from './problem.js'

export type Schema = Readonly<Record<string, unknown>>

export interface Type<T> {
  /** In words, as it follows "it takes": `a whole number from 0 to 65535`. */
  readonly right: string
  readonly schema: Schema
  /** undefined: something is wrong with it, and said. */
  read(node: Node, path: Path | null, to: Problems): T | undefined
}

/** What is read of a map, and where it stands. */
export type Found<T> = T & { spot: Spot & { node: MapNode } }

export function wrong<T>({ right }: Pick<Type<T>, 'right'>, node: Node, path: Path | null, to: Problems): undefined {
  to.add(node.at, path, `${shown(node)} is wrong`, `it takes ${right}`)
}

/** `take` answers undefined for what is wrong. */
export function scalar<T>(right: string, schema: Schema, take: (node: ScalarNode) => T | undefined): Type<T> {
  const type: Type<T> = {
    right,
    schema,
    read: (node, path, to) => {
      const value = node.kind === 'scalar' ? take(node) : undefined
      return value === undefined ? wrong(type, node, path, to) : value
    },
  }
  return type
}

export const whole = (from: number, to: number): Type<number> =>
  scalar(`a whole number from ${from} to ${to}`, { type: 'integer', minimum: from, maximum: to }, ({ value }) =>
    Number.isInteger(value) && (value as number) >= from && (value as number) <= to ? (value as number) : undefined,
  )

export const truth: Type<boolean> = scalar('true or false', { type: 'boolean' }, ({ value }) =>
  typeof value === 'boolean' ? value : undefined,
)

/** A number is taken as it is written. */
const textOf = ({ value, text }: ScalarNode): string | undefined =>
  typeof value === 'string' ? value : typeof value === 'number' ? text : undefined

/** `take` answers undefined for a text that is wrong. */
export const text = <T>(right: string, schema: Schema, take: (text: string) => T | undefined): Type<T> =>
  scalar(right, { type: 'string', ...schema }, (node) => {
    const found = textOf(node)
    return found === undefined ? undefined : take(found)
  })

export function oneOf<const T extends string>(noun: string, ...words: T[]): Type<T> {
  const type: Type<T> = {
    right: `one of ${words.join(', ')}`,
    schema: { enum: words },
    read: (node, path, to) => {
      const found = node.kind === 'scalar' ? textOf(node) : undefined
      if (words.includes(found as T)) return found as T
      const near = nearest(found ?? '', words)
      const right = `it is ${type.right}`
      to.add(node.at, path, `${shown(node)} is no ${noun}`, near ? `did you mean ${near}? ${right}` : right)
      return undefined
    },
  }
  return type
}

/** Items that are wrong are said and left out. */
export function list<T>(item: Type<T>, noun: string, least = 0): Type<T[]> {
  const type: Type<T[]> = {
    right: `a list of ${noun}`,
    schema: { type: 'array', items: item.schema, ...(least > 0 && { minItems: least }) },
    read: (node, path, to) => {
      if (node.kind === 'scalar' && node.value === null && node.text === '' && least === 0) return []
      if (node.kind !== 'list' || node.items.length < least) return wrong(type, node, path, to)
      const read = node.items.map((one, step) => item.read(one, { up: path, step }, to))
      return read.filter((one) => one !== undefined) as T[]
    },
  }
  return type
}

export interface Field<T> {
  type: Type<T>
  /** For editors, and for whoever reads the schema. */
  description: string
  /** What it is if it is left out; undefined: it may not be. */
  fallback: { value: T } | undefined
}

export const required = <T>(type: Type<T>, description: string): Field<T> => ({
  type,
  description,
  fallback: undefined,
})

export const optional = <T, F>(type: Type<T>, value: F, description: string): Field<T | F> => ({
  type: type as Type<T | F>,
  description,
  fallback: { value },
})

export type Fields<T> = { [K in keyof T]-?: Field<T[K]> }

/**
 * A map with these keys and no other. `noun` has its article: `a server`. Where something in it is wrong, that part is as if
 * it were left out, so that all that is wrong is said at once; a map without what it must have is none.
 */
export function record<T extends object>(noun: string, fields: Fields<T>): Type<Found<T>> {
  const names = Object.keys(fields)
  const needed = names.filter((name) => fields[name as keyof T].fallback === undefined)
  const type: Type<Found<T>> = {
    right: `${noun}: a map with ${names.join(', ')}`,
    schema: schemaOf(fields, needed),
    read: (node, path, to) => {
      if (node.kind !== 'map') return wrong(type, node, path, to)
      const given = entriesOf(node, names, noun, path, to)
      const found = names.map((name) => {
        const field = fields[name as keyof T]
        const value = fieldOf(field, name, given.get(name), { noun, node, path, to })
        return [name, value === undefined ? field.fallback?.value : value] as const
      })
      if (found.some(([name, value]) => value === undefined && needed.includes(name))) return undefined
      return { ...Object.fromEntries(found), spot: { node, path } } as Found<T>
    },
  }
  return type
}

/** Each known key once. */
function entriesOf(node: MapNode, names: readonly string[], noun: string, path: Path | null, to: Problems) {
  const given = new Map<string, Entry>()
  for (const entry of node.entries) {
    const { key, at } = entry
    const first = given.get(key)
    if (first)
      to.add(at, { up: path, step: key }, `${key} stands twice`, `once: it stands at line ${to.lineOf(first.at)}`)
    else if (names.includes(key)) given.set(key, entry)
    else {
      const near = nearest(key, names)
      const right = `${near ? `did you mean ${near}? ` : ''}it has ${names.join(', ')}`
      to.add(at, { up: path, step: key }, `${noun} has no '${key}'`, right)
    }
  }
  return given
}

interface Place {
  noun: string
  node: MapNode
  path: Path | null
  to: Problems
}

function fieldOf<T>(field: Field<T>, name: string, entry: Entry | undefined, { noun, node, path, to }: Place) {
  if (entry) return field.type.read(entry.value, { up: path, step: name }, to)
  if (field.fallback) return field.fallback.value
  to.add(node.at, path, `${noun} lacks '${name}'`, `${name}: ${field.type.right}`)
  return undefined
}

function schemaOf(fields: Record<string, Field<unknown>>, needed: readonly string[]): Schema {
  const properties = Object.entries(fields).map(([name, { type, description, fallback }]) => [
    name,
    { ...type.schema, description, ...(isShown(fallback?.value) && { default: fallback?.value }) },
  ])
  return {
    type: 'object',
    additionalProperties: false,
    ...(needed.length > 0 && { required: needed }),
    properties: Object.fromEntries(properties),
  }
}

const isShown = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

/** Where a field of a map stands; where it is left out, the map. */
export function spotOf({ spot }: Found<object>, name: string): Spot {
  const entry = spot.node.entries.find(({ key }) => key === name)
  return entry ? { node: entry.value, path: { up: spot.path, step: name } } : spot
}

/** A word stands for a map with more. */
export const either = <A, B>(short: Type<A>, long: Type<B>): Type<A | B> => ({
  right: `${short.right}, or ${long.right}`,
  schema: { anyOf: [short.schema, long.schema] },
  read: (node, path, to) => (node.kind === 'scalar' ? short.read(node, path, to) : long.read(node, path, to)),
})

/** The value, and where it stands. */
export const located = <T>(type: Type<T>): Type<{ value: T; spot: Spot }> => ({
  right: type.right,
  schema: type.schema,
  read: (node, path, to) => {
    const value = type.read(node, path, to)
    return value === undefined ? undefined : { value, spot: { node, path } }
  },
})

/** What is read becomes another value, which cannot fail. */
export const mapped = <A, B>(type: Type<A>, to: (value: A) => B): Type<B> => ({
  right: type.right,
  schema: type.schema,
  read: (node, path, problems) => {
    const value = type.read(node, path, problems)
    return value === undefined ? undefined : to(value)
  },
})
