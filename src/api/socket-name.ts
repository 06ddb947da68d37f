/**
 * The control socket's name: an abstract Unix socket (unix(7)), so each network namespace has its own and a
 * killed director leaves nothing behind. FULLNAT_SOCKET names another one.
 *
 * It fills the whole of sun_path with zero bytes: Node 20 (libuv 1.46) always does, later ones take a name as long as
 * it is given, and programs of both must meet.
 */
const SUN_PATH_BYTES = 108

export const socketPath = (environment: Readonly<Record<string, string | undefined>> = process.env): string =>
  `\0${environment.FULLNAT_SOCKET || 'fullnat'}`.padEnd(SUN_PATH_BYTES, '\0')
