/** How one kind of check asks: what every checker promises. */
import type { ProbeKind, ProbeOf } from '../model/check.js'
import type { Exchange } from './exchange.js'

/** What a good answer says besides: the share of its weight that the server wants, 1 unless it is asked. */
export type Share = number

/**
 * Resolves if the server answered as it should, throws Bad or a system's error if not. It awaits nothing but what the
 * exchange gives it, and says nothing to the world: what it found is judged and told by others.
 */
export type Checker<K extends ProbeKind> = (probe: ProbeOf<K>, exchange: Exchange) => Promise<Share>
