/**
 * The control socket's name: an abstract Unix socket (unix(7)), so each network namespace has its own and a
 * killed director leaves nothing behind. FULLNAT_SOCKET names another one.
 */
export const socketPath = (environment: Readonly<Record<string, string | undefined>> = process.env): string =>
  `\0${environment.FULLNAT_SOCKET || 'fullnat'}`
