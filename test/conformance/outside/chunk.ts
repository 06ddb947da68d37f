/** SCTP chunks by the names of RFC 9260, and the little of each that a state machine looks at. */
const NAMES: Readonly<Record<number, string>> = {
  0: 'DATA',
  1: 'INIT',
  2: 'INIT-ACK',
  3: 'SACK',
  4: 'HEARTBEAT',
  5: 'HEARTBEAT-ACK',
  6: 'ABORT',
  7: 'SHUTDOWN',
  8: 'SHUTDOWN-ACK',
  9: 'ERROR',
  10: 'COOKIE-ECHO',
  11: 'COOKIE-ACK',
  14: 'SHUTDOWN-COMPLETE',
}
const BODY_LENGTH: Readonly<Record<string, number>> = { DATA: 16, INIT: 16, 'INIT-ACK': 16, SACK: 12, SHUTDOWN: 4 }

/** Of every association, both ways. */
export const TAG = 0x1234_5678

/** 'COOKIE-ECHO,DATA': chunks with zeros in them, one behind the other. */
export function chunks(words: string): Uint8Array {
  return Uint8Array.from(words.split(',').flatMap((name) => [...chunk(name)]))
}

function chunk(name: string): Uint8Array {
  const type = Object.entries(NAMES).find(([, known]) => known === name)?.[0]
  if (type === undefined) throw new Error(`no SCTP chunk is called ${name}`)
  const bytes = new Uint8Array(4 + (BODY_LENGTH[name] ?? 4))
  bytes.set([Number(type), name === 'DATA' ? 3 : 0, 0, bytes.length])
  if (name.startsWith('INIT')) new DataView(bytes.buffer).setUint32(4, TAG)
  return bytes
}

export function chunkNames(bytes: Uint8Array): string {
  const names: string[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    names.push(NAMES[bytes[at]] ?? `chunk-${bytes[at]}`)
    const length = bytes[at + 2] * 256 + bytes[at + 3]
    at += Math.max(4, Math.ceil(length / 4) * 4)
  }
  return names.join(',')
}
