/** The words of the commands for a configuration file. */
import { UsageError } from './usage-error.js'

const FILE_COMMANDS = ['validate', 'plan', 'diff', 'apply'] as const
type FileCommand = (typeof FILE_COMMANDS)[number]

export type ConfigRequest =
  | { command: FileCommand; file: string; json: boolean }
  /** null: the last one. */
  | { command: 'rollback'; revision: number | null }
  | { command: 'export' }

export function configRequest(command: ConfigRequest['command'], words: readonly string[]): ConfigRequest {
  if (command === 'export') {
    if (words.length > 0) throw new UsageError('export takes no words')
    return { command }
  }
  if (command === 'rollback') {
    const [text = null, ...more] = words
    if (more.length > 0 || (text !== null && !/^\d+$/.test(text)))
      throw new UsageError('rollback takes a revision, or nothing')
    return { command, revision: text === null ? null : Number(text) }
  }
  const files = words.filter((word) => word !== '--json')
  if (files.length !== 1 || (files[0].startsWith('-') && files[0] !== '-'))
    throw new UsageError(`${command} takes one FILE`)
  return { command, file: files[0], json: words.includes('--json') }
}
