/**
 * Prometheus' text format, 0.0.4: families of samples, each with its help and type, as text and nothing else.
 *
 * Label values are escaped by who makes labels once for many samples: `labels()`.
 */
export type Kind = 'counter' | 'gauge'

export class Exposition {
  #text = ''
  #name = ''

  family(name: string, kind: Kind, help: string): this {
    this.#name = name
    this.#text += `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${kind}\n`
    return this
  }

  /** `labels` as `labels()` makes them, '' for none. */
  sample(labels: string, value: number): this {
    this.#text += `${this.#name}${labels} ${value}\n`
    return this
  }

  text(): string {
    return this.#text
  }
}

export const labels = (values: Readonly<Record<string, string>>): string =>
  `{${Object.entries(values)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')}}`

const escaped = (value: string): string =>
  /[\\"\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value
