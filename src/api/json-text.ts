/** An answer that is JSON already, of a `T`: what comes as text from another thread need not be read to be passed on. */
export class JsonText<T> {
  readonly text: string
  /** Of the type alone. */
  declare readonly of: T

  constructor(text: string) {
    this.text = text
  }
}
