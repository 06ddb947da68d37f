/** What alerts show of themselves: plain data, for command lines. */
export interface ReceiverView {
  receiver: string
  waiting: number
  /** Messages. */
  sent: number
  /** Why the last attempt failed; '': it did not. */
  failure: string
}

export interface TestResult {
  receiver: string
  /** ''; or why it was not taken. */
  failure: string
}
