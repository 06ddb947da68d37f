/**
 * The bytes of fragments, in chunks of one block that never grows.
 *
 * A piece is a run of bytes of one datagram in one chunk; pieces of a datagram form a list by offset, which the
 * caller keeps the head and the tail of. Piece 0 is none.
 */
import { copy } from '../../rewrite/pieces.js'

export const CHUNK_BYTES = 2048

export class Pieces {
  /** First byte and the one behind the last, in the datagram. */
  readonly from: Int32Array
  readonly to: Int32Array
  readonly next: Int32Array
  free: number
  private readonly view: DataView
  private freeHead = 0

  constructor(count: number) {
    this.view = new DataView(new ArrayBuffer((count + 1) * CHUNK_BYTES))
    this.from = new Int32Array(count + 1)
    this.to = new Int32Array(count + 1)
    this.next = new Int32Array(count + 1)
    this.free = count
    for (let piece = count; piece > 0; piece--) this.release(piece)
    this.free = count
  }

  /** A piece of `length` <= CHUNK_BYTES bytes of `source`; there is a free one. */
  take(from: number, length: number, source: DataView, at: number): number {
    const piece = this.freeHead
    this.freeHead = this.next[piece]
    this.free--
    this.from[piece] = from
    this.to[piece] = from + length
    this.next[piece] = 0
    copy(source, at, this.view, piece * CHUNK_BYTES, length)
    return piece
  }

  /** Its bytes, to `target`. */
  put(piece: number, target: DataView, at: number): void {
    copy(this.view, piece * CHUNK_BYTES, target, at, this.to[piece] - this.from[piece])
  }

  release(piece: number): void {
    this.next[piece] = this.freeHead
    this.freeHead = piece
    this.free++
  }
}
