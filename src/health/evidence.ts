/** The beginning of what went one way: bounded, whatever a server sends. */
const EVIDENCE_MAX = 512

export class Evidence {
  readonly #parts: Buffer[] = []
  #length = 0

  add(bytes: Buffer): void {
    const room = EVIDENCE_MAX - this.#length
    if (room <= 0) return
    // A copy: a part of a large read would keep all of it.
    this.#parts.push(Buffer.from(bytes.subarray(0, room)))
    this.#length += Math.min(room, bytes.length)
  }

  /** The same in another place: a secret, say, that nobody is to read. */
  addText(text: string): void {
    this.add(Buffer.from(text, 'latin1'))
  }

  bytes(): Buffer {
    return this.#parts.length === 1 ? this.#parts[0] : Buffer.concat(this.#parts)
  }
}

const ESCAPES: Readonly<Record<string, string>> = { '\r': '\\r', '\n': '\\n', '\t': '\\t', '\\': '\\\\' }

/** Bytes as one line of visible ASCII, as C writes them. */
export const printable = (bytes: Buffer): string =>
  bytes
    .toString('latin1')
    .replace(/[^ -[\]-~]/g, (one) => ESCAPES[one] ?? `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)
