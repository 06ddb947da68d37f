/** The server answered wrongly, or not at all: a check's verdict, in words for a person. */
export class Bad extends Error {}

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed while sending',
  EHOSTUNREACH: 'no route to the server, or no neighbour answers',
  ENETUNREACH: 'no route to the server',
  ETIMEDOUT: 'the connection timed out',
  EADDRNOTAVAIL: 'no local port is free for the check',
  ENOENT: 'no such file',
  EACCES: 'not permitted',
}

/** Why a check failed, from whatever ended it. */
export function reasonOf(error: unknown): string {
  if (error instanceof Bad) return error.message
  const { code, message } = error as NodeJS.ErrnoException
  return (code !== undefined && MEANINGS[code]) || String(message)
}
