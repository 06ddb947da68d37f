/**
 * Arbitrary bytes through decode and every rewrite. Each packet ends where its memory ends, so a read past it throws;
 * what lies before it is a pattern, so a write there shows.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { REASONS, Reason } from '../../src/failure/reason.js'
import { HEADROOM, Packet } from '../../src/io/port.js'
import { fragmentationNeeded, portUnreachable } from '../../src/rewrite/icmp-error.js'
import { reset } from '../../src/rewrite/reset.js'
import { translate } from '../../src/rewrite/translate.js'
import { translateError } from '../../src/rewrite/translate-error.js'
import { addTtl } from '../../src/rewrite/ttl.js'
import { decode, decodeInner, isIcmpError } from '../../src/wire/decode.js'
import { Fragment, Frame, Protocol } from '../../src/wire/frame.js'
import type { Built } from '../packets/build.js'
import { type Chance, fuzz, strangePacket } from './mutation.js'

const ROUNDS = 40_000
const GUARD = 64
const AT = GUARD + HEADROOM
const guards = Uint8Array.from({ length: AT }, (_, at) => (at * 31 + 7) & 0xff)

const frame = new Frame()
const inner = new Frame()
const words = new Int32Array(32)
/** How often each thing happened: a fuzz run that reaches nothing proves nothing. */
const reached = { refused: 0, translated: 0, errors: 0, answered: 0, reset: 0 }
const reasons = new Set<number>()

/** Memory that ends with the packet. */
function place(built: Built): DataView {
  const bytes = new Uint8Array(AT + built.bytes.length)
  bytes.set(guards)
  bytes.set(built.bytes, AT)
  return new DataView(bytes.buffer)
}

/** Nothing before the packet has changed but what lies in [from, AT). */
function assertGuards(view: DataView, from = AT): void {
  const before = new Uint8Array(view.buffer, 0, from)
  assert.equal(Buffer.compare(before, guards.subarray(0, from)), 0, 'wrote before the packet')
}

function assertInside(built: Built): void {
  const end = AT + built.bytes.length
  assert.ok(frame.at === AT && frame.length >= 20 && frame.at + frame.length <= end, 'packet outside what came')
  assert.ok(frame.transport > frame.at && frame.transport <= frame.at + frame.length, 'transport outside the packet')
}

/** Addresses of the frame's own family, any ports. */
function fillWords(chance: Chance): void {
  for (let i = 0; i < words.length; i++) {
    const mapped = [0, 0, 0xffff][i % 4]
    words[i] = frame.family === 4 && mapped !== undefined ? mapped : chance.below(0x1_0000_0000) | 0
  }
}

function rewrite(view: DataView, built: Built, chance: Chance): void {
  const port = () => chance.below(0x1_0000)
  if (isIcmpError(frame) && decodeInner(view, frame, inner) === Reason.none) {
    const [source, destination] = [chance.pick([-1, 0]), chance.pick([-1, 4])]
    const reason = translateError(view, frame, inner, words, source, destination, 8, port(), 12, port())
    if (reason === Reason.none) reached.errors++
  } else if (frame.fragment === Fragment.none || frame.protocol !== Protocol.sctp) {
    translate(view, frame, words, 0, port(), 4, port())
    addTtl(view, frame, chance.pick([-1, 1]))
    reached.translated++
  }
  assertGuards(view)
  assertBeyond(view, built)
}

/** Link padding after the packet is as it was. */
function assertBeyond(view: DataView, built: Built): void {
  const now = new Uint8Array(view.buffer, frame.at + frame.length)
  assert.equal(Buffer.compare(now, built.bytes.subarray(frame.length)), 0, 'wrote behind the packet')
}

function answer(built: Built, chance: Chance): void {
  const view = place(built)
  decode(view, AT, AT + built.bytes.length, frame)
  const packet = Object.assign(new Packet(), { at: AT, length: built.bytes.length })
  const sent = chance.below(2)
    ? portUnreachable(view, packet, frame, words, 0)
    : fragmentationNeeded(view, packet, frame, words, 0, 1280)
  assertGuards(view, packet.at)
  if (!sent) return
  reached.answered++
  assert.ok(packet.at >= GUARD && packet.length <= 1280)
  const [outer, quoted] = [new Frame(), new Frame()]
  assert.equal(decode(view, packet.at, packet.at + packet.length, outer), Reason.none)
  const room = packet.length - (AT - packet.at)
  if (frame.transport + 8 - AT > room) return // extension headers longer than what may be quoted
  assert.equal(decodeInner(view, outer, quoted), Reason.none, 'the answer can be read by its receiver')
}

function refuse(built: Built): void {
  const view = place(built)
  decode(view, AT, AT + built.bytes.length, frame)
  if (frame.protocol !== Protocol.tcp || frame.fragment !== Fragment.none) return
  const packet = Object.assign(new Packet(), { at: AT, length: built.bytes.length })
  if (!reset(view, packet, frame)) return
  reached.reset++
  assertGuards(view)
  assert.equal(decode(view, packet.at, packet.at + packet.length, frame), Reason.none)
}

test(`${ROUNDS} strange packets: nothing thrown, nothing written outside the frame`, () => {
  fuzz(ROUNDS, (chance) => {
    const built = strangePacket(chance)
    const view = place(built)
    const reason = decode(view, AT, AT + built.bytes.length, frame)
    assert.ok(reason >= 0 && reason < REASONS.length)
    reasons.add(reason)
    if (reason !== Reason.none) {
      reached.refused++
      return
    }
    assertInside(built)
    frame.partialChecksum = built.partial
    fillWords(chance)
    rewrite(view, built, chance)
    answer(built, chance)
    refuse(built)
  })
})

test('the run above reached every reason of decode and every rewrite', {
  skip: process.env.FUZZ_ROUND !== undefined,
}, () => {
  const { none, badTransport, extensionChain, mappedAddress } = Reason
  const headers = [Reason.truncated, Reason.badVersion, Reason.badHeaderLength, Reason.badTotalLength]
  for (const reason of [none, badTransport, extensionChain, mappedAddress, ...headers]) {
    assert.ok(reasons.has(reason), `never: ${REASONS[reason]}`)
  }
  for (const [what, times] of Object.entries(reached)) assert.ok(times > ROUNDS / 100, `${what}: only ${times}`)
})
