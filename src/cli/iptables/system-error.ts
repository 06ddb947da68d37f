/** What strerror(3) says of a system call that failed. */
import { getSystemErrorMap } from 'node:util'

export function errorText(error: unknown): string {
  const { errno } = error as NodeJS.ErrnoException
  const [, text] = getSystemErrorMap().get(errno ?? 0) ?? ['', `${error}`]
  return text[0].toUpperCase() + text.slice(1)
}
