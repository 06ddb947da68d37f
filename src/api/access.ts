/**
 * Who asks, and what they may: whoever the control socket let in may everything; who comes by TCP shows a token.
 *
 * Promises that no request without a valid token is looked at further, that tokens are compared in constant time, and
 * that nobody asks faster than the limits below.
 */
import { Failure } from '../failure/failure.js'
import type { Scope } from '../model/scope.js'
import { readTokens, type Token, tokenOf, tokensVersion } from '../store/token.js'
import { Allowance } from './allowance.js'

/** The other end of a connection. */
export type Peer = { by: 'socket'; uid: number } | { by: 'tcp'; address: string }

/** As the audit names it: `uid:0`, `token:ops`. */
export interface Principal {
  name: string
  scope: Scope
}

/** Requests with one token; a dashboard asks twice a second. */
const PER_TOKEN = { perSecond: 50, atOnce: 200 }
/** Requests from one address with a token that is none. A valid one is let in all the same. */
const PER_FAILING = { perSecond: 1, atOnce: 20 }

export class Access {
  readonly #folder: () => string
  readonly #onRefused: (address: string) => void
  readonly #perToken = new Allowance(PER_TOKEN.perSecond, PER_TOKEN.atOnce)
  readonly #perFailing = new Allowance(PER_FAILING.perSecond, PER_FAILING.atOnce)
  #version: string | null = null
  #tokens: readonly Token[] = []

  /** `folder` holds the tokens; `onRefused` hears of each address that has shown a wrong one. */
  constructor(folder: () => string, onRefused: (address: string) => void) {
    this.#folder = folder
    this.#onRefused = onRefused
  }

  /** Failure('unauthorized', 'too-many-requests'). */
  principalOf(peer: Peer, authorization: string | undefined, nowMs: number): Principal {
    if (peer.by === 'socket') return { name: `uid:${peer.uid}`, scope: 'write' }
    const [, secret = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
    const token = tokenOf(this.#current(), secret)
    if (token === null) throw this.#refusal(peer.address, secret, nowMs)
    if (!this.#perToken.take(token.name, nowMs)) {
      throw new Failure('too-many-requests', `token ${token.name} asks more than ${PER_TOKEN.perSecond} times a second`)
    }
    return { name: `token:${token.name}`, scope: token.scope }
  }

  #refusal(address: string, secret: string, nowMs: number): Failure {
    if (!this.#perFailing.take(address, nowMs)) {
      return new Failure('too-many-requests', `too many requests without a valid token from ${address}`)
    }
    if (secret === '') return new Failure('unauthorized', 'a token is needed: Authorization: Bearer TOKEN')
    this.#onRefused(address)
    return new Failure('unauthorized', 'this token is not known here; `fullnat token list` shows those that are')
  }

  #current(): readonly Token[] {
    const version = tokensVersion(this.#folder())
    if (version !== this.#version) {
      this.#tokens = readTokens(this.#folder())
      this.#version = version
    }
    return this.#tokens
  }
}

/** Failure('permission') if this one may only look. */
export function needWrite({ name, scope }: Principal): void {
  if (scope === 'write') return
  throw new Failure('permission', `${name.replace(':', ' ')} may only read; a change takes a token of scope write`)
}
