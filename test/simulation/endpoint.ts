/**
 * TCP as small as it can be and still survive a bad network: one request, one answer, stop and wait, retransmission.
 * The client's request names it; the server's answer repeats the name. A mix-up anywhere on the way shows.
 */
import assert from 'node:assert/strict'
import type { Network } from './network.js'
import { decode, encode, type Segment } from './segment.js'

const FIN = 1
const SYN = 2
const RST = 4
const ACK = 16
const RETRY_MS = 300
const TRIES = 40
/** How long a server remembers a connection that was closed. */
const TIME_WAIT_MS = 60_000

/** One connection of one client: handshake, request, answer, close. */
export class Client {
  /** The answer, or why there is none: 'reset', 'timeout', '' while it runs. */
  outcome = ''
  private readonly network: Network
  private readonly template: Segment
  private readonly name: string
  private stage: 'syn' | 'request' | 'fin' | 'done' = 'syn'
  private readonly sequence: number
  private received = 0
  private tries = 0
  /** Added to the time to make a timestamp; null: this client has none. */
  private readonly clock: number | null
  private echo = 0

  constructor(network: Network, from: string, fromPort: number, to: string, toPort: number, timestamps = false) {
    this.network = network
    this.clock = timestamps ? Math.floor(network.chance() * 0x1_0000_0000) : null
    this.name = `${from} ${fromPort}`
    this.sequence = Math.floor(network.chance() * 0x7fff_ffff)
    this.template = {
      from,
      fromPort,
      to,
      toPort,
      sequence: 0,
      acknowledgement: 0,
      flags: 0,
      text: '',
      timestamps: null,
    }
    this.transmit()
  }

  receive(segment: Segment): void {
    if (this.stage === 'done') return
    this.hear(segment)
    if (segment.flags & RST) {
      this.finish('reset')
    } else if (this.stage === 'syn' && segment.flags & SYN && segment.acknowledgement === this.sequence + 1) {
      this.received = (segment.sequence + 1) >>> 0
      this.advance('request')
    } else if (this.stage === 'request' && segment.text !== '' && segment.sequence === this.received) {
      assert.ok(segment.text.endsWith(`<${this.name}>`), `${this.name} was answered ${segment.text}`)
      this.outcome = segment.text
      this.received = (this.received + segment.text.length) >>> 0
      this.advance('fin')
    } else if (this.stage === 'fin' && segment.flags & FIN) {
      this.received = (this.received + 1) >>> 0
      this.transmitOnce()
      this.stage = 'done'
    }
  }

  /** What comes back as an echo must be a time at which this client has sent. */
  private hear({ timestamps, flags }: Segment): void {
    assert.equal(timestamps !== null, this.clock !== null && (flags & RST) === 0, `${this.name}: timestamps`)
    if (timestamps === null) return
    const age = (this.now() - timestamps[1]) >>> 0
    assert.ok(age < TRIES * RETRY_MS, `${this.name} hears the echo of a time it never was: ${age} ms ago`)
    this.echo = timestamps[0]
  }

  private now(): number {
    return (Math.floor(this.network.nowMs) + this.clock!) >>> 0
  }

  private advance(stage: 'request' | 'fin'): void {
    this.stage = stage
    this.tries = 0
    this.transmit()
  }

  private transmit(): void {
    const stage = this.stage
    if (this.tries++ > TRIES) {
      this.finish('timeout')
      return
    }
    this.transmitOnce()
    this.network.after(RETRY_MS, () => {
      if (this.stage === stage) this.transmit()
    })
  }

  private transmitOnce(): void {
    const request = `<${this.name}>`
    const forms = {
      syn: { flags: SYN, sequence: this.sequence, text: '' },
      request: { flags: ACK, sequence: this.sequence + 1, text: request },
      fin: { flags: ACK | FIN, sequence: this.sequence + 1 + request.length, text: '' },
      done: { flags: ACK, sequence: this.sequence + 2 + request.length, text: '' },
    }
    const timestamps = this.clock === null ? null : ([this.now(), this.echo] as const)
    const segment = { ...this.template, acknowledgement: this.received, timestamps, ...forms[this.stage] }
    this.network.send(segment.to, encode(segment))
  }

  private finish(outcome: string): void {
    this.outcome = outcome
    this.stage = 'done'
  }
}

interface Session {
  /** The client's initial sequence number: a late copy of its SYN is no new connection. */
  initial: number
  sequence: number
  received: number
  request: string
  open: boolean
  /** The client's last timestamp; null: it has none. */
  recent: number | null
  closedMs: number
}

/** A server that answers `NAME<request>` and keeps the rules a real one would see broken. */
export class Server {
  readonly peers = new Set<string>()
  served = 0
  /** SYNs that fell into TIME_WAIT and did not rise above what was there. */
  refused = 0
  private readonly network: Network
  private readonly name: string
  private readonly sessions = new Map<string, Session>()

  constructor(network: Network, address: string, name: string) {
    this.network = network
    this.name = name
    network.attach(address, (bytes) => this.receive(decode(bytes)))
  }

  private receive(segment: Segment): void {
    this.peers.add(segment.from)
    const tuple = `${segment.from} ${segment.fromPort}`
    let session = this.sessions.get(tuple)
    if (segment.flags & SYN) {
      const again = session?.initial === segment.sequence
      assert.ok(session === undefined || again || !session.open, `${this.name}: two connections share ${tuple}`)
      if (!again && session !== undefined && !this.accepts(segment, session)) {
        this.refused++
        return
      }
      if (!again) {
        session = this.begin(segment)
        this.sessions.set(tuple, session)
      }
      this.reply(segment, session!, session!.sequence, SYN | ACK, '')
      return
    }
    if (session !== undefined) this.data(segment, session)
  }

  private begin(segment: Segment): Session {
    return {
      initial: segment.sequence,
      sequence: Math.floor(this.network.chance() * 0x7fff_ffff),
      received: segment.sequence + 1,
      request: '',
      open: true,
      recent: segment.timestamps?.[0] ?? null,
      closedMs: 0,
    }
  }

  /** What Linux asks of a SYN in TIME_WAIT (tcp_timewait_state_process). */
  private accepts({ sequence, timestamps }: Segment, { received, recent, closedMs }: Session): boolean {
    if (this.network.nowMs - closedMs > TIME_WAIT_MS) return true
    const rise = timestamps === null || recent === null ? null : (timestamps[0] - recent) | 0
    if (rise !== null && rise < 0) return false
    return ((sequence - received) | 0) > 0 || (rise !== null && rise > 0)
  }

  private data(segment: Segment, session: Session): void {
    if (segment.timestamps !== null) session.recent = segment.timestamps[0]
    const answer = this.name + (session.request || segment.text)
    if (segment.text !== '') {
      assert.ok(session.request === '' || session.request === segment.text, 'two requests in one connection')
      if (session.request === '') this.served++
      session.request = segment.text
      session.received = (segment.sequence + segment.text.length) >>> 0
      this.reply(segment, session, session.sequence + 1, ACK, answer)
    } else if (segment.flags & FIN) {
      session.received = (segment.sequence + 1) >>> 0
      session.open = false
      session.closedMs = this.network.nowMs
      this.reply(segment, session, session.sequence + 1 + answer.length, ACK | FIN, '')
    }
  }

  private reply(to: Segment, session: Session, sequence: number, flags: number, text: string): void {
    const segment = {
      from: to.to,
      fromPort: to.toPort,
      to: to.from,
      toPort: to.fromPort,
      sequence: sequence >>> 0,
      acknowledgement: session.received >>> 0,
      flags,
      text,
      timestamps: to.timestamps === null ? null : ([Math.floor(this.network.nowMs), to.timestamps[0]] as const),
    }
    this.network.send(segment.to, encode(segment))
  }
}
