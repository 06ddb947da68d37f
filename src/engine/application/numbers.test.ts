import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Chance, fuzz } from '../../../test/fuzz/mutation.js'
import { moved, movedBack, note } from './numbers.js'

const AT = 3

/** A stream of which some pieces change their length; every byte's number on either side, kept naively. */
function stream(chance: Chance): {
  pieces: { sent: number; growth: number; length: number; seen: number }[]
  words: Int32Array
} {
  const words = new Int32Array(9)
  let [sent, seen] = [0xffff_ff00 + chance.below(512), 0]
  seen = sent
  const pieces = Array.from({ length: 12 }, () => {
    const growth = chance.below(3) === 0 ? chance.below(30) - 10 : 0
    const piece = { sent: sent | 0, growth, length: 20 + chance.below(1400), seen: seen | 0 }
    sent += piece.length
    seen += piece.length + growth
    return piece
  })
  return { pieces, words }
}

test('numbers of a stream that grows and shrinks, across 2^32, and of what is sent again', () => {
  fuzz(2000, (chance) => {
    const { pieces, words } = stream(chance)
    for (const [i, piece] of pieces.entries()) {
      for (let again = chance.below(3); again >= 0; again--) {
        assert.equal((piece.sent + moved(words, AT, piece.sent)) | 0, piece.seen, `piece ${i}`)
        note(words, AT, piece.sent, piece.growth)
      }
      const acknowledgement = (piece.seen + piece.length + piece.growth) | 0
      const heard = (acknowledgement - movedBack(words, AT, acknowledgement)) | 0
      assert.equal(heard, (piece.sent + piece.length) | 0, `acknowledged ${i}`)
    }
  })
})
