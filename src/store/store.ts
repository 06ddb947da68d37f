/**
 * The desired state: the only copy that counts, changed by commands alone, on disk before a change is answered.
 *
 * Promises that a state is never half changed: a batch is applied, saved, then current; if it cannot be saved it
 * was not made. It never runs anything: what follows from a state is compiled and installed by others. One store
 * to a folder: the control socket's name sees to that.
 */
import { applyAll } from '../commands/apply.js'
import type { Command } from '../commands/command.js'
import { desiredOf } from '../commands/desired-of.js'
import { Failure } from '../failure/failure.js'
import type { State } from '../model/state.js'
import * as file from './file.js'
import { keep } from './kept.js'

export class Store {
  readonly folder: string
  /** What an operator should know of the state that was found, one line each. */
  readonly notices: readonly string[]
  #state: State

  /** Failure('state-unreadable') if the folder cannot be used at all. */
  constructor(folder: string) {
    const { state, notices } = file.load(folder)
    this.folder = folder
    this.notices = notices
    this.#state = state
    if (notices.length > 0) file.save(folder, state)
  }

  /** Never changed in place: another object after every change. */
  get state(): State {
    return this.#state
  }

  /** One result for each command, in order; null: applied and saved. */
  commit(commands: readonly Command[]): (Failure | null)[] {
    const { state, results } = applyAll(this.#state, commands)
    if (state === this.#state) return results
    try {
      if (commands.some(({ kind }, i) => kind === 'config.apply' && results[i] === null))
        keep(this.folder, this.#state.revision, desiredOf(this.#state))
      file.save(this.folder, state)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return results.map((failure) => failure ?? error)
    }
    this.#state = state
    return results
  }

  /** Deletes what was saved. */
  forget(): void {
    file.forget(this.folder)
  }
}
