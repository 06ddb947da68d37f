/** Settings by name and text, as an administrator writes them: all of a command are taken or none. */
import { Failure } from '../failure/failure.js'
import {
  MODE,
  SETTING_PREFIX,
  type SettingName,
  type Settings,
  settingCalled,
  settingNames,
  settingSpecs,
  settingText,
} from '../model/settings.js'
import type { Draft } from './draft.js'

/** Whether anything changed. Failure 'setting-unknown', 'setting-range' or 'setting-fixed'. */
export function applySettings(draft: Draft, wanted: Readonly<Record<string, string>>): boolean {
  const now = draft.state.settings
  const next: Settings = { ...now }
  for (const [text, value] of Object.entries(wanted)) assign(next, known(text), value)
  if (settingNames.every((name) => settingText(next[name]) === settingText(now[name]))) return false
  draft.state.settings = next
  return true
}

function known(text: string): SettingName {
  const name = settingCalled(text)
  if (name) return name
  throw new Failure('setting-unknown', `there is no setting ${text}; \`fullnat settings\` shows them all`, {
    name: text,
  })
}

function assign(settings: Settings, name: SettingName, text: string): void {
  const { fixed } = settingSpecs[name]
  if (fixed !== '') checkFixed(name, settingText(settings[name]), text, fixed)
  else if (name === 'sync_threshold') settings[name] = thresholds(text)
  else Object.assign(settings, { [name]: numberIn(name, text) })
}

/** What a setting is anyway may be written, so that a list of settings made for the kernel can be taken over. */
function checkFixed(name: SettingName, now: string, text: string, reason: string): void {
  const normal = text.trim().split(/\s+/).join('\t')
  if (normal === now) return
  const message = `${SETTING_PREFIX}${name} is ${now.replace('\t', ' ')} and stays so: ${reason}`
  throw new Failure('setting-fixed', message, { name, value: text })
}

/** Threshold and period; the first is below the second, unless that is 0 (proc_do_sync_threshold). */
function thresholds(text: string): Settings['sync_threshold'] {
  const name = 'sync_threshold'
  const words = text.trim().split(/\s+/)
  const [threshold, period] = words.map((word) => numberIn(name, word))
  if (words.length === 2 && (period === 0 || threshold < period)) return [threshold, period]
  const message = `${SETTING_PREFIX}${name} takes two whole numbers, the first below the second or the second 0, not '${text}'`
  throw new Failure('setting-range', message, { name, value: text })
}

/** Of the two automatic modes the kernel shows the one that is so: 2 only in an emergency. They are one here. */
function numberIn(name: SettingName, text: string): number {
  const { from, to } = settingSpecs[name]
  const value = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (value >= from && value <= to) return settingSpecs[name] === MODE && value === 2 ? 1 : value
  const message = `${SETTING_PREFIX}${name} takes a whole number from ${from} to ${to}, not '${text}'`
  throw new Failure('setting-range', message, { name, value: text })
}
