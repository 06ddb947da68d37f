/** The sound packets that fuzzing starts from: every form that the wire layer tells apart, small and large. */
import {
  type Built,
  type Extension,
  fragments,
  icmp,
  icmpError,
  other,
  type Segment,
  sctp,
  tcp,
  udp,
} from '../packets/build.js'

/** Requests to the fuzzed engine's services, and replies to what they become. */
const REQUESTS = [
  { from: '198.51.100.7:5000', to: '192.0.2.45:80' },
  { from: '[2001:db8::7]:5000', to: '[2001:db8::45]:80' },
]
const REPLIES = [
  { from: '192.0.2.21:80', to: '192.0.2.10:5000' },
  { from: '[2001:db8::21]:80', to: '[2001:db8::10]:5000' },
]

const EXTENSIONS: Extension[] = [
  { kind: 'hop-by-hop', body: [5, 2, 0, 0] },
  { kind: 'destination', body: Array(14).fill(0) },
  { kind: 'routing', body: [2, 0] },
  { kind: 'fragment', body: [0, 0, 0, 0, 0, 1] },
]

const payload = 'x'.repeat(61)

function forms(words: Segment): Built[] {
  const six = words.from.startsWith('[')
  const unusual: Segment = six
    ? { ...words, extensions: EXTENSIONS }
    : { ...words, options: [7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
  return [
    tcp({ ...words, flags: 'S', tcpOptions: [2, 4, 5, 180, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0] }),
    tcp({ ...words, flags: 'A' }),
    tcp({ ...words, flags: 'PA', payload }),
    tcp({ ...words, flags: 'FA', checksum: 'partial' }),
    tcp({ ...words, flags: 'RA' }),
    tcp({ ...unusual, flags: 'S' }),
    udp({ ...words, payload }),
    udp({ ...words, checksum: 'none' }),
    udp({ ...unusual, payload, checksum: 'partial' }),
    sctp({ ...words, payload }),
    sctp({ ...words, chunks: [1] }),
    sctp({ ...words, chunks: [10, 6] }),
    icmp({ ...words, type: six ? 128 : 8, rest: 0x0001_0001 }),
    other({ ...words, payload }, 89),
    ...fragments({ ...words, payload }, 24, tcp),
    tcp({ ...words, flags: 'A', payload: 'y'.repeat(1380), ttl: 1 }),
  ]
}

/** Errors as routers send them: about what was sent, addressed to its sender. */
const errors = (about: Built[], six: boolean, words: { from: string; to: string }): Built[] =>
  about.flatMap((packet) =>
    (six ? [1, 2, 3, 4] : [3, 4, 11, 12]).map((type, i) =>
      icmpError({
        from: six ? '2001:db8::ffff' : '203.0.113.1',
        to: words.from.replace(/^\[?(.+?)\]?:\d+$/, '$1'),
        type,
        rest: 1400,
        about: packet,
        quote: Math.min(packet.bytes.length, [600, 48, 60, 40][i]),
      }),
    ),
  )

/** What the director sends, so that errors about it come back: the other end of each flow. */
const sent = [
  { from: '192.0.2.10:5000', to: '192.0.2.21:80' },
  { from: '[2001:db8::10]:5000', to: '[2001:db8::21]:80' },
  { from: '192.0.2.45:80', to: '198.51.100.7:5000' },
  { from: '[2001:db8::45]:80', to: '[2001:db8::7]:5000' },
]

const mapped = udp({ from: '[::ffff:c000:201]:53', to: '[2001:db8::45]:80' })

/** To the service without real servers. */
const refused = REQUESTS.map(({ from, to }) => tcp({ from, to: to.replace(/80$/, '81'), flags: 'S' }))

export const packets: Built[] = [
  mapped,
  ...refused,
  ...[...REQUESTS, ...REPLIES].flatMap(forms),
  ...sent.flatMap((words) =>
    errors(
      [tcp({ ...words, flags: 'A', payload }), udp({ ...words, payload }), sctp(words)],
      words.from.startsWith('['),
      words,
    ),
  ),
]
