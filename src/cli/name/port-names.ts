/** /etc/services: names of ports by transport protocol, as getservbyname(3) and getservbyport(3) read them. */
import { readFileSync } from 'node:fs'

export class PortNames {
  readonly #ports = new Map<string, number>()
  readonly #names = new Map<string, string>()

  /** The file's text: `name port/protocol alias...`, `#` begins a comment. The first entry of a kind holds. */
  constructor(text: string) {
    for (const line of text.split('\n')) this.#take(line.replace(/#.*/, '').trim().split(/\s+/))
  }

  /** The port of a name or alias; null: there is none. */
  port(name: string, protocol: string): number | null {
    return this.#ports.get(`${name}/${protocol}`) ?? null
  }

  /** The official name of a port; null: it has none. */
  name(port: number, protocol: string): string | null {
    return this.#names.get(`${port}/${protocol}`) ?? null
  }

  #take([name, key, ...aliases]: string[]): void {
    const entry = /^(\d+)\/(\S+)$/.exec(key ?? '')
    if (!entry) return
    const [, port, protocol] = entry
    if (!this.#names.has(key)) this.#names.set(key, name)
    for (const word of [name, ...aliases]) {
      const text = `${word}/${protocol}`
      if (!this.#ports.has(text)) this.#ports.set(text, Number(port))
    }
  }
}

export function systemPortNames(path = '/etc/services'): PortNames {
  return new PortNames(readText(path))
}

/** '' where the file is missing: a slim container has no netbase, and numbers still work. */
export function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
