/** The words of `fullnat drain`, `halt` and `online`. */
import { parse } from '../../address/words.js'
import { parseEndpoint } from '../../model/name.js'
import { UsageError } from './usage-error.js'

export interface MaintenanceRequest {
  command: 'drain' | 'halt' | 'online'
  address: string
  /** null: every port. */
  port: number | null
}

export function maintenanceRequest(
  command: MaintenanceRequest['command'],
  words: readonly string[],
): MaintenanceRequest {
  const [text = '', ...more] = words
  if (more.length > 0) throw new UsageError(`${command} takes one SERVER or SERVER:PORT`)
  if (parse(text) !== null) return { command, address: text, port: null }
  const endpoint = parseEndpoint(text)
  if (endpoint === null) throw new UsageError(`${command} takes SERVER or SERVER:PORT, not '${text}'`)
  return { command, ...endpoint }
}
