/** What is wrong with a configuration, all of it: where, which value, and what would be right. */
import { type Node, type Path, pathText } from './node.js'

export interface Problem {
  /** From 1. */
  line: number
  column: number
  /** `services[2].servers[0].weight`; '' for the file as a whole. */
  path: string
  /** The value and what is wrong with it. */
  message: string
  /** What would be right. */
  right: string
}

/** A place in the file: where the complaint goes, and how the place is called. */
export interface Spot {
  node: Node
  path: Path | null
}

export class Problems {
  readonly list: Problem[] = []
  /** Offset of each line. */
  readonly #starts = [0]

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1)
  }

  add(at: number, path: Path | null, message: string, right: string): void {
    const line = this.lineOf(at)
    this.list.push({ line, column: at - this.#starts[line - 1] + 1, path: pathText(path), message, right })
  }

  at({ node, path }: Spot, message: string, right: string): void {
    this.add(node.at, path, message, right)
  }

  /** From 1. */
  lineOf(at: number): number {
    let low = 0
    let high = this.#starts.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.#starts[middle] <= at) low = middle
      else high = middle
    }
    return low + 1
  }

  /** In the order of the file. */
  sorted(): Problem[] {
    return this.list.sort((a, b) => a.line - b.line || a.column - b.column)
  }
}

/** One line: `fullnat.yaml:7:15: services[0].weight: 'ten' is wrong: it takes a whole number from 0 to 65535`. */
export const problemText = (file: string, { line, column, path, message, right }: Problem): string =>
  `${file}:${line}:${column}: ${[path, message, right].filter((part) => part !== '').join(': ')}`
