/** The published OpenAPI document, to hold answers against: a field that it does not name is wrong. */
import { z } from 'zod'

interface Schema {
  [name: string]: unknown
}

export interface Document {
  openapi: string
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema: Schema }> }> }>>
  components: { schemas: Record<string, Schema> }
}

/** `GET /v1/status`. */
export const routesOf = ({ paths }: Document): string[] =>
  Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((one) => `${one.toUpperCase()} ${path}`))

/** '' or what is wrong with an answer. */
export function complaint(document: Document, route: string, status: number, type: string, value: unknown): string {
  const [method, path] = route.split(' ')
  const { responses } = document.paths[path][method.toLowerCase()]
  const schema = (responses[status] ?? responses.default).content?.[type.split(';')[0]]?.schema
  if (!schema) return `${status} ${type} is not in the document`
  const $defs = strict(document.components.schemas) as Record<string, Schema>
  const found = z.fromJSONSchema({ ...(strict(schema) as object), $defs } as never).safeParse(value)
  return found.success ? '' : z.prettifyError(found.error)
}

/** References lead into the schema itself, and no object has fields beside those that are named. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict)
  if (typeof value !== 'object' || value === null) return value
  const made = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, strict(each)]))
  if (typeof made.$ref === 'string') made.$ref = made.$ref.replace('#/components/schemas/', '#/$defs/')
  if (made.type === 'object' && made.properties) made.additionalProperties = false
  return made
}
