/** A setting as a file writes it: checked by the one who checks `fullnat set`. */

import { Draft } from '../commands/draft.js'
import { applySettings } from '../commands/settings.js'
import type { SettingName, Settings } from '../model/settings.js'
import { emptyState } from '../model/state.js'

/** Failure of what is wrong with it. */
export function settingOf(name: SettingName, text: string): Partial<Settings> {
  const draft = new Draft(emptyState())
  applySettings(draft, { [name]: text })
  return { [name]: draft.state.settings[name] }
}
