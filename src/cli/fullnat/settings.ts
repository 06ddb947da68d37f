/** `fullnat set NAME[=VALUE]...` and `fullnat settings [NAME...]`: the kernel's net.ipv4.vs, as sysctl shows it. */
import { call } from '../../api/client.js'
import type { SettingsView } from '../../api/routes.js'
import { Failure } from '../../failure/failure.js'
import { SETTING_PREFIX, settingCalled } from '../../model/settings.js'
import type { DirectorClient } from '../io.js'
import type { Terminal } from '../terminal.js'

export interface Assignment {
  name: string
  /** null: shown only. */
  value: string | null
}

/** Changes all that has a value, or nothing; then shows what each name has. */
export async function set(assignments: readonly Assignment[], director: DirectorClient, io: Terminal): Promise<void> {
  const settings = Object.fromEntries(assignments.flatMap(({ name, value }) => (value === null ? [] : [[name, value]])))
  if (Object.keys(settings).length > 0) {
    const [result] = await director.commands([{ kind: 'settings.set', settings }])
    if (!result.ok) throw new Failure(result.failure.code, result.failure.message, result.failure.facts)
  }
  await show(
    assignments.map(({ name }) => name),
    io,
  )
}

/** All of them where no name is given. */
export async function show(names: readonly string[], io: Terminal): Promise<void> {
  const view = await call<SettingsView>('GET', '/settings')
  const wanted = names.length > 0 ? names.map(fullName) : Object.keys(view)
  io.out(wanted.map((name) => `${name} = ${view[name]}\n`).join(''))
}

function fullName(text: string): string {
  const name = settingCalled(text)
  if (name) return SETTING_PREFIX + name
  throw new Failure('setting-unknown', `there is no setting ${text}; \`fullnat settings\` shows them all`, {
    name: text,
  })
}
