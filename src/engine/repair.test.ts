import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Built, icmpError, type Tcp, tcp, udp } from '../../test/packets/build.js'
import { Rig } from '../../test/packets/rig.js'
import { CONTROLLED } from '../conn/record.js'
import { HEADER_WORDS } from '../conn/table.js'

const WORLDS = [
  {
    tables: 'iptables',
    vip: '198.51.100.45:80',
    web: '203.0.113.1:80',
    source: '192.0.2.10',
    bare: '198.51.100.45',
    client: (n: number, port: number) => `192.0.2.${100 + n}:${port}`,
    from: (port: number) => `192.0.2.10:${port}`,
  },
  {
    tables: 'ip6tables',
    vip: '[2001:db8:1::45]:80',
    web: '[2001:db8:2::1]:80',
    source: '[2001:db8::10]',
    bare: '2001:db8:1::45',
    client: (n: number, port: number) => `[2001:db8::${100 + n}]:${port}`,
    from: (port: number) => `[2001:db8::10]:${port}`,
  },
]
type World = (typeof WORLDS)[number]

/** One service, one real server, a pool of these ports. */
function pool(w: World, ports: string): Rig {
  const rig = new Rig()
  rig.run(
    `ipvsadm -A -t ${w.vip} -s rr`,
    `ipvsadm -a -t ${w.vip} -r ${w.web} -m`,
    `${w.tables} -t nat -A POSTROUTING -p tcp -m ipvs --vaddr ${w.bare} -j SNAT --to-source ${w.source}:${ports}`,
  )
  return rig
}

const bytesOf = (word: number): number[] => [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255]
const stamps = (value: number, echo: number): number[] => [1, 1, 8, 10, ...bytesOf(value), ...bytesOf(echo)]
const sack = (...edges: number[]): number[] => [5, 2 + edges.length * 4, ...edges.flatMap(bytesOf)]
const SYN_OPTIONS = [2, 4, 5, 180, 4, 2, 1, 3, 3, 7]

/** Where the numbers of a segment lie, and its source port. */
function read(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const at = bytes[0] >>> 4 === 4 ? 20 : 40
  const end = at + (bytes[at + 12] >>> 4) * 4
  let option = at + 20
  while (option < end && bytes[option] !== 8) option += bytes[option] < 2 ? 1 : bytes[option + 1]
  return {
    port: view.getUint16(at),
    sequence: view.getUint32(at + 4),
    acknowledgement: view.getUint32(at + 8),
    stamp: option < end ? view.getUint32(option + 2) : null,
    echo: option < end ? view.getUint32(option + 6) : null,
  }
}

interface Numbers {
  sequence: number
  /** null: this client has no timestamps. */
  stamp: number | null
}

type Ends = Pick<Tcp, 'from' | 'to'>

const sum = (a: number, b: number): number => (a + b) >>> 0
const SERVER = 5_000_000
const SERVER_STAMP = 77_000

/** A client's connection as the client and the server write it; the server answers what it sees. */
class Conversation {
  readonly port: number
  readonly syn: ReturnType<typeof read>
  private readonly rig: Rig
  private readonly w: World
  private readonly client: string
  private readonly own: Numbers

  constructor(rig: Rig, w: World, client: string, own: Numbers) {
    this.rig = rig
    this.w = w
    this.client = client
    this.own = own
    const out = rig.send(this.request({ flags: 'S' }))
    assert.ok(out, `no answer to the SYN of ${client}: ${JSON.stringify(rig.drops())}`)
    this.syn = read(out)
    this.port = this.syn.port
  }

  get sequenceShift(): number {
    return (this.syn.sequence - this.own.sequence) | 0
  }

  get stampShift(): number {
    return this.own.stamp === null ? 0 : (this.syn.stamp! - this.own.stamp) | 0
  }

  /** `later` moves sequence and time on from the SYN's. */
  request(words: Partial<Tcp>, later = 0, echo = 0, more: number[] = []): Built {
    return this.write(this.own, { from: this.client, to: this.w.vip, ...words }, later, echo, more)
  }

  private write(n: Numbers, words: Partial<Tcp> & Ends, later: number, echo: number, more: number[]): Built {
    const { stamp, sequence } = n
    const options = [...(stamp === null ? [] : stamps(sum(stamp, later), echo)), ...more]
    const tcpOptions = words.flags === 'S' ? [...SYN_OPTIONS, ...options] : options
    return tcp({ sequence: sum(sequence, later), tcpOptions, ...words })
  }

  /** What the server must see of the same. */
  seen(words: Partial<Tcp>, later = 0, echo = 0, more: number[] = []): Uint8Array {
    const ends = { from: this.w.from(this.port), to: this.w.web, ttl: 63 }
    return this.write(this.syn, { ...words, ...ends }, later, echo, more).bytes
  }

  reply(words: Partial<Tcp>, later: number, more: number[] = []): Built {
    const { w, port, syn } = this
    const tcpOptions = [...(syn.stamp === null ? [] : stamps(SERVER_STAMP, sum(syn.stamp, later))), ...more]
    const acknowledgement = sum(syn.sequence, later)
    return tcp({ from: w.web, to: w.from(port), sequence: SERVER, acknowledgement, tcpOptions, ...words })
  }

  /** What the client must see of the same. */
  heard(words: Partial<Tcp>, later: number, more: number[] = []): Uint8Array {
    const { own, w, client } = this
    const tcpOptions = [...(own.stamp === null ? [] : stamps(SERVER_STAMP, sum(own.stamp, later))), ...more]
    const acknowledgement = sum(own.sequence, later)
    const ends = { from: w.vip, to: client, ttl: 63 }
    return tcp({ ...ends, sequence: SERVER, acknowledgement, tcpOptions, ...words }).bytes
  }

  /** Closed by the server first: handshake, FIN, FIN, the last ACK. Leaves TIME_WAIT at the server. */
  close(last = true): void {
    const { rig } = this
    rig.send(this.reply({ flags: 'SA', sequence: SERVER - 1 }, 1))
    rig.send(this.request({ flags: 'A', acknowledgement: SERVER }, 1, SERVER_STAMP))
    rig.send(this.reply({ flags: 'FA' }, 1))
    rig.send(this.request({ flags: 'FA', acknowledgement: SERVER + 1 }, 1, SERVER_STAMP))
    if (last) rig.send(this.reply({ flags: 'A', sequence: SERVER + 1 }, 2))
    assert.equal(rig.list().find(({ sourcePort }) => sourcePort === this.port)!.state, 'TIME_WAIT')
  }
}

/** tcp_timewait_state_process: whether a server in TIME_WAIT after `before` takes the SYN of `after`. */
function accepts(before: Conversation, after: Conversation): boolean {
  const next = sum(before.syn.sequence, 2)
  const recent = before.syn.stamp === null ? null : sum(before.syn.stamp, 1)
  const { sequence, stamp } = after.syn
  const time = recent === null || stamp === null ? null : (stamp - recent) | 0
  if (time !== null && time < 0) return false
  return ((sequence - next) | 0) > 0 || (time !== null && time > 0)
}

const OLD: Numbers = { sequence: 3_000_000_000, stamp: 2_000_000_000 }
const BEHIND: Numbers = { sequence: 2_999_999_000, stamp: 1_000 }
const AHEAD: Numbers = { sequence: 3_100_000_000, stamp: 2_000_500_000 }

for (const w of WORLDS) {
  test(`${w.tables}: a port taken early rises for the server, and nobody notices`, () => {
    const rig = pool(w, '7000-7000')
    const first = new Conversation(rig, w, w.client(0, 5000), OLD)
    assert.deepEqual([first.sequenceShift, first.stampShift], [0, 0])
    first.close()
    const second = new Conversation(rig, w, w.client(1, 6000), BEHIND)
    assert.equal(second.port, 7000)
    assert.notEqual(second.sequenceShift, 0)
    assert.notEqual(second.stampShift, 0)
    assert.ok(accepts(first, second))
    assert.equal(rig.engine.status().earlyPorts, 1)
    assert.deepEqual(rig.events, ['pool-tight'])
    assert.equal(rig.list().length, 1)
    assert.deepEqual(rig.send(second.request({ flags: 'S' })), second.seen({ flags: 'S' }), 'the SYN once more')
    const answer = { flags: 'SA', sequence: SERVER - 1, window: 65_000 }
    assert.deepEqual(rig.send(second.reply(answer, 1)), second.heard(answer, 1))
    const data = { flags: 'PA', acknowledgement: SERVER, payload: 'GET /' }
    assert.deepEqual(rig.send(second.request(data, 1, SERVER_STAMP)), second.seen(data, 1, SERVER_STAMP))
    const { sequence } = second.syn
    const holes = sack(sum(sequence, 200), sum(sequence, 300))
    const told = sack(sum(BEHIND.sequence, 200), sum(BEHIND.sequence, 300))
    assert.deepEqual(rig.send(second.reply({ flags: 'A' }, 6, holes)), second.heard({ flags: 'A' }, 6, told))
    const reset = { flags: 'RA', acknowledgement: SERVER }
    assert.deepEqual(rig.send(second.request(reset, 6)), second.seen(reset, 6))
  })

  test(`${w.tables}: numbers that rise by themselves stay as they are`, () => {
    const rig = pool(w, '7000-7000')
    new Conversation(rig, w, w.client(0, 5000), OLD).close()
    const second = new Conversation(rig, w, w.client(1, 6000), AHEAD)
    assert.deepEqual([second.sequenceShift, second.stampShift], [0, 0])
  })

  test(`${w.tables}: with timestamps at one side alone, or none, the sequence rises`, () => {
    for (const [before, after] of [
      [OLD, { ...BEHIND, stamp: null }],
      [{ ...OLD, stamp: null }, BEHIND],
      [
        { ...OLD, stamp: null },
        { ...BEHIND, stamp: null },
      ],
    ]) {
      const rig = pool(w, '7000-7000')
      const first = new Conversation(rig, w, w.client(0, 5000), before)
      first.close()
      const second = new Conversation(rig, w, w.client(1, 6000), after)
      assert.ok(accepts(first, second))
      assert.equal(second.stampShift, 0)
      second.close()
    }
  })

  test(`${w.tables}: an ICMP error quotes the numbers that each side knows`, () => {
    const rig = pool(w, '7000-7000')
    new Conversation(rig, w, w.client(0, 5000), OLD).close()
    const second = new Conversation(rig, w, w.client(1, 6000), BEHIND)
    const kind = w.tables === 'iptables' ? { type: 3, code: 4, rest: 1400 } : { type: 2, code: 0, rest: 1400 }
    const bare = (endpoint: string) => endpoint.replace(/^\[?(.*?)\]?:\d+$/, '$1')
    const data = { flags: 'PA', acknowledgement: SERVER, payload: 'x'.repeat(40) }
    for (const quote of [w.tables === 'iptables' ? 28 : 48, 90]) {
      const about = (bytes: Uint8Array): Built => ({ bytes, partial: false })
      const request = second.seen(data, 1, SERVER_STAMP)
      const said = icmpError({ ...kind, from: bare(w.web), to: bare(w.from(0)), about: about(request), quote })
      const sent = second.request({ ...data, ttl: 63 }, 1, SERVER_STAMP)
      const heard = { ...kind, from: bare(w.vip), to: bare(w.client(1, 0)), about: sent, quote, ttl: 63 }
      assert.deepEqual(rig.send(said), icmpError(heard).bytes)
      const page = { flags: 'PA', payload: 'y'.repeat(40) }
      const reply = second.heard({ ...page, ttl: 62 }, 1)
      const back = icmpError({ ...kind, from: bare(w.client(1, 0)), to: bare(w.vip), about: about(reply), quote })
      const answered = second.reply({ ...page, ttl: 62 }, 1)
      const known = { ...kind, from: bare(w.from(0)), to: bare(w.web), about: answered, quote, ttl: 63 }
      assert.deepEqual(rig.send(back), icmpError(known).bytes)
    }
  })

  test(`${w.tables}: the same client over its own TIME_WAIT goes on rising`, () => {
    const rig = pool(w, '7000-7000')
    new Conversation(rig, w, w.client(0, 5000), OLD).close()
    const second = new Conversation(rig, w, w.client(1, 6000), BEHIND)
    second.close()
    const again = { sequence: BEHIND.sequence + 50_000, stamp: BEHIND.stamp! + 500 }
    const third = new Conversation(rig, w, w.client(1, 6000), again)
    assert.ok(third.sequenceShift !== 0 && third.stampShift !== 0)
    assert.ok(accepts(second, third))
  })
}

const [v4] = WORLDS

test('the oldest that is over goes first; what a side still waits for stays', () => {
  const rig = pool(v4, '7000-7003')
  const ended = (n: number, last = true) => {
    const conversation = new Conversation(rig, v4, v4.client(n, 5000), OLD)
    conversation.close(last)
    return conversation.port
  }
  const unsettled = ended(0, false)
  const ports = [ended(1), ended(2), ended(3)]
  assert.equal(new Set([unsettled, ...ports]).size, 4)
  for (const [i, port] of ports.entries())
    assert.equal(new Conversation(rig, v4, v4.client(4 + i, 5000), BEHIND).port, port)
  assert.equal(rig.send(tcp({ from: v4.client(8, 5000), to: v4.vip, flags: 'S' })), null)
  assert.deepEqual(rig.drops(), { poolDry: 1 })
  assert.deepEqual(rig.books(), { connections: 4, active: [3], inactive: [1], persistent: [0], ports: 4 })
})

test('what other connections hang on stays', () => {
  const rig = pool(v4, '7000-7000')
  new Conversation(rig, v4, v4.client(0, 5000), OLD).close()
  const words = new Int32Array(rig.memory)
  const controlled = HEADER_WORDS + CONTROLLED
  words[controlled] = 1
  const other = () => rig.send(tcp({ from: v4.client(1, 5000), to: v4.vip, flags: 'S' }))
  assert.equal(other(), null)
  words[controlled] = 0
  assert.ok(other())
})

test('a client that closes first must have acknowledged the end of its server', () => {
  const rig = pool(v4, '7000-7000')
  const first = new Conversation(rig, v4, v4.client(0, 5000), OLD)
  rig.send(first.reply({ flags: 'SA', sequence: SERVER - 1 }, 1))
  rig.send(first.request({ flags: 'FA', acknowledgement: SERVER }, 1))
  rig.send(first.reply({ flags: 'FA' }, 2))
  assert.equal(rig.list()[0].state, 'TIME_WAIT')
  const other = () => rig.send(tcp({ from: v4.client(1, 5000), to: v4.vip, flags: 'S' }))
  assert.equal(other(), null)
  rig.send(first.request({ flags: 'A', acknowledgement: SERVER }, 2))
  assert.equal(other(), null, 'an acknowledgement of less')
  rig.send(first.request({ flags: 'A', acknowledgement: SERVER + 1 }, 2))
  assert.ok(other())
})

test('an entry that a reset has ended is remembered for as long as a server may be', () => {
  for (const [wait, moved] of [
    [20_000, true],
    [110_000, true],
    [121_000, false],
  ] as const) {
    const rig = pool(v4, '7000-7000')
    const first = new Conversation(rig, v4, v4.client(0, 5000), OLD)
    first.close()
    rig.send(first.request({ flags: 'R' }, 2))
    assert.equal(rig.list()[0].state, 'CLOSE')
    rig.wait(wait)
    assert.equal(rig.list().length, 0)
    const second = new Conversation(rig, v4, v4.client(1, 6000), BEHIND)
    assert.equal(second.sequenceShift !== 0, moved, `${wait} ms`)
    assert.equal(rig.engine.status().earlyPorts, 0)
  }
})

test('what was noted, and how far numbers are moved, outlives the director', () => {
  const rig = pool(v4, '7000-7000')
  new Conversation(rig, v4, v4.client(0, 5000), OLD).close()
  const second = new Conversation(rig, v4, v4.client(1, 6000), BEHIND)
  const next = rig.restart()
  const answer = { flags: 'SA', sequence: SERVER - 1 }
  assert.deepEqual(next.send(second.reply(answer, 1)), second.heard(answer, 1))
  next.send(second.reply({ flags: 'FA' }, 1))
  next.send(second.request({ flags: 'FA', acknowledgement: SERVER + 1 }, 1, SERVER_STAMP))
  next.send(second.reply({ flags: 'A', sequence: SERVER + 1 }, 2))
  const third = new Conversation(next.restart(), v4, v4.client(2, 6000), OLD)
  assert.ok(accepts(second, third))
})

test('UDP has no TIME_WAIT: a dry pool stays dry', () => {
  const rig = new Rig()
  rig.run(
    'ipvsadm -A -u 198.51.100.45:53 -s rr',
    'ipvsadm -a -u 198.51.100.45:53 -r 203.0.113.1:53 -m',
    'iptables -t nat -A POSTROUTING -p udp -m ipvs --ipvs -j SNAT --to-source 192.0.2.10:7000-7000',
  )
  assert.ok(rig.send(udp({ from: '192.0.2.100:5000', to: '198.51.100.45:53' })))
  assert.equal(rig.send(udp({ from: '192.0.2.101:5000', to: '198.51.100.45:53' })), null)
  assert.deepEqual(rig.drops(), { poolDry: 1 })
})
