/**
 * A network with a virtual clock: packets are lost, doubled and overtaken by chance, and the chance has a seed.
 * The same seed gives the same history, packet for packet.
 */
export interface Weather {
  loss: number
  duplication: number
  /** Each packet travels this long, milliseconds: at least, at most. Different times make reordering. */
  delayMs: readonly [number, number]
}

interface Event {
  atMs: number
  order: number
  run: () => void
}

export class Network {
  nowMs = 0
  /** Packets put on the network, and what became of them: a fingerprint of the run. */
  history = 0
  private readonly weather: Weather
  private readonly hosts = new Map<string, (bytes: Uint8Array) => void>()
  private readonly events: Event[] = []
  private order = 0
  private state: number

  constructor(seed: number, weather: Weather) {
    this.state = seed | 1
    this.weather = weather
  }

  attach(address: string, receive: (bytes: Uint8Array) => void): void {
    this.hosts.set(address, receive)
  }

  /** xorshift32, in [0, 1). */
  chance(): number {
    this.state ^= this.state << 13
    this.state ^= this.state >>> 17
    this.state ^= this.state << 5
    return (this.state >>> 0) / 0x1_0000_0000
  }

  after(delayMs: number, run: () => void): void {
    const event = { atMs: this.nowMs + delayMs, order: this.order++, run }
    let at = this.events.length
    while (at > 0 && isLater(this.events[at - 1], event)) at--
    this.events.splice(at, 0, event)
  }

  send(to: string, bytes: Uint8Array): void {
    const copies = 1 + (this.chance() < this.weather.duplication ? 1 : 0)
    for (let i = 0; i < copies; i++) {
      const lost = this.chance() < this.weather.loss
      const [least, most] = this.weather.delayMs
      const delayMs = least + this.chance() * (most - least)
      for (const byte of bytes) this.history = (Math.imul(this.history, 31) + byte + (lost ? 1 : 0)) | 0
      if (!lost) this.after(delayMs, () => this.hosts.get(to)?.(bytes))
    }
  }

  /** Runs until this time; events at one instant run in the order they were made. */
  runUntil(endMs: number): void {
    while (this.events.length > 0 && this.events[0].atMs <= endMs) {
      const event = this.events.shift()!
      this.nowMs = event.atMs
      event.run()
    }
    this.nowMs = endMs
  }
}

const isLater = (a: Event, b: Event): boolean => a.atMs > b.atMs || (a.atMs === b.atMs && a.order > b.order)
