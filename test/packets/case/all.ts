/** The whole golden table. */
import type { GoldenCase } from '../golden.js'
import { direct } from './direct.js'
import { errors } from './error.js'
import { forms } from './form.js'
import { pieces } from './fragment.js'
import { marks } from './mark.js'
import { ports } from './port.js'
import { refusals } from './refusal.js'
import { settings } from './setting.js'
import { translations } from './translation.js'

export const cases: readonly GoldenCase[] = [
  ...translations,
  ...ports,
  ...errors,
  ...refusals,
  ...forms,
  ...direct,
  ...marks,
  ...settings,
  ...pieces,
]
