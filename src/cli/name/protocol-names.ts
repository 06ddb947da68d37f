/** /etc/protocols: names of IP protocols, as getprotobyname(3) and getprotobynumber(3) read them. */
import { readText } from './port-names.js'

export class ProtocolNames {
  readonly #numbers = new Map<string, number>()
  readonly #names = new Map<number, string>()

  /** The file's text: `name number alias...`, `#` begins a comment. The first entry of a kind holds. */
  constructor(text: string) {
    for (const line of text.split('\n')) this.#take(line.replace(/#.*/, '').trim().split(/\s+/))
  }

  /** The number of a name or alias; null: there is none. */
  number(name: string): number | null {
    return this.#numbers.get(name) ?? null
  }

  /** The official name of a number; null: it has none. */
  name(number: number): string | null {
    return this.#names.get(number) ?? null
  }

  #take([name, digits, ...aliases]: string[]): void {
    if (!/^\d+$/.test(digits ?? '')) return
    const number = Number(digits)
    if (!this.#names.has(number)) this.#names.set(number, name)
    for (const word of [name, ...aliases]) if (!this.#numbers.has(word)) this.#numbers.set(word, number)
  }
}

export function systemProtocolNames(path = '/etc/protocols'): ProtocolNames {
  return new ProtocolNames(readText(path))
}
