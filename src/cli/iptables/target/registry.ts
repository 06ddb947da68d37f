/** The targets there are, besides user chains: one line for each. */
import type { TargetExtension } from '../extension.js'
import { markTarget } from './mark.js'
import { masquerade } from './masquerade.js'
import { snat } from './snat.js'
import { accept, drop, returns } from './verdict.js'

const TARGETS: Readonly<Record<string, TargetExtension>> = {
  ACCEPT: accept,
  DROP: drop,
  MARK: markTarget,
  RETURN: returns,
  SNAT: snat,
  MASQUERADE: masquerade,
}

export const findTarget = (name: string): TargetExtension | null =>
  Object.hasOwn(TARGETS, name) ? TARGETS[name] : null
