/** The targets there are, besides user chains: one line for each. */
import type { TargetExtension } from '../extension.js'
import { masquerade } from './masquerade.js'
import { snat } from './snat.js'
import { accept, returns } from './verdict.js'

const TARGETS: Readonly<Record<string, TargetExtension>> = {
  ACCEPT: accept,
  RETURN: returns,
  SNAT: snat,
  MASQUERADE: masquerade,
}

export const findTarget = (name: string): TargetExtension | null =>
  Object.hasOwn(TARGETS, name) ? TARGETS[name] : null
