/** What `POST /explain` and `POST /v1/explain` answer: the engine's record, and the same told step by step. */
import type { DropView, Explanation } from '../engine/data-plane.js'
import type { ServiceProtocol } from '../model/service.js'

export type { DropView } from '../engine/data-plane.js'

/** A tuple: who asks, and whom. */
export interface Question {
  protocol: ServiceProtocol
  client: string
  clientPort: number
  virtual: string
  virtualPort: number
}

/** A step of the pipeline, by its name there. */
export interface StepView {
  step: string
  found: string
  /** Why: one fact each. */
  because: string[]
}

export interface ExplanationView extends Explanation, Question {
  /** In one sentence: what becomes of such a packet. */
  verdict: string
  /** Such a packet gets through. */
  good: boolean
  steps: StepView[]
}

export interface FailuresView {
  drops: DropView[]
}
