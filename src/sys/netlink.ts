/**
 * Netlink: requests to the kernel and its answers, as bytes (RFC 3549; linux/netlink.h).
 *
 * A request is sent, its acknowledgement or dump is read, all in one synchronous call: for the control path only.
 * Many requests can go in one batch. An error names the request and the kernel's reason.
 */
import { closeSync } from 'node:fs'
import { type Family, familyOf, MAPPED, type Words } from '../address/words.js'
import { addressOf, bind, check, read, setsockopt, socket, systemFailure, write } from './libc.js'
import { type Watch, watchReadable } from './poll.js'

const AF_NETLINK = 16
const SOCK_RAW = 3
const SOCK_CLOEXEC = 0o2000000
const SOCK_NONBLOCK = 0o4000
const NETLINK_ROUTE = 0
const HEADER = 16
const SOCKADDR_NL = 12
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5

const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const NLM_F_REQUEST = 1
export const NLM_F_ACK = 4
export const NLM_F_EXCL = 0x200
export const NLM_F_CREATE = 0x400
export const NLM_F_DUMP = 0x300

const AF_INET = 2
const AF_INET6 = 10

/** What our routes and rules are tagged with (RTA_PROTOCOL, FRA_PROTOCOL): 'f'. */
export const OWNER = 102

/** Requests in one send: their acknowledgements must fit the socket's receive buffer. */
const BATCH = 64

/** One message: its type, flags, and body (the family's header and attributes). */
export interface Message {
  type: number
  flags: number
  body: Uint8Array
}

/** One attribute: two-byte length and type, value, padded to four bytes. */
export function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(align(4 + value.length))
  const view = new DataView(bytes.buffer)
  view.setUint16(0, 4 + value.length, true)
  view.setUint16(2, type, true)
  bytes.set(value, 4)
  return bytes
}

export const u8 = (value: number): Uint8Array => Uint8Array.of(value)
export const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer)
export const text = (value: string): Uint8Array => new TextEncoder().encode(`${value}\0`)
export const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** The attributes of a message's body behind its family header of `from` bytes, by type. */
export function attributes(body: Uint8Array, from: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>()
  const view = new DataView(body.buffer, body.byteOffset, body.length)
  for (let at = from; at + 4 <= body.length; ) {
    const length = view.getUint16(at, true)
    if (length < 4) break
    found.set(view.getUint16(at + 2, true) & 0x3fff, body.subarray(at + 4, at + length))
    at += align(length)
  }
  return found
}

export const domain = (family: Family): number => (family === 4 ? AF_INET : AF_INET6)

/** Four bytes or sixteen. */
export function addressBytes(words: Words): Uint8Array {
  const view = new DataView(new ArrayBuffer(16))
  for (let i = 0; i < 4; i++) view.setInt32(i * 4, words[i])
  return new Uint8Array(view.buffer, familyOf(words) === 4 ? 12 : 0)
}

export function wordsOf(bytes: Uint8Array): Words {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length === 4) return [0, 0, MAPPED, view.getInt32(0)]
  return [view.getInt32(0), view.getInt32(4), view.getInt32(8), view.getInt32(12)]
}

export const numberOf = (bytes: Uint8Array | undefined): number =>
  bytes ? new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true) : 0

export const stringOf = (bytes: Uint8Array | undefined): string =>
  bytes ? new TextDecoder().decode(bytes.subarray(0, bytes.length - 1)) : ''

const align = (length: number): number => (length + 3) & ~3

/** Sends the requests; fails with the first refusal, naming `what`. `ignore` lists errnos that are no failure. */
export function request(messages: Message[], what: string, ignore: number[] = []): void {
  const fd = openSocket(0)
  try {
    for (let at = 0; at < messages.length; at += BATCH) {
      const batch = messages.slice(at, at + BATCH)
      send(fd, batch)
      let open = batch.length
      while (open > 0) for (const message of receive(fd)) open -= acknowledge(message, what, ignore)
    }
  } finally {
    closeSync(fd)
  }
}

/** Everything the kernel answers to one dump or get request. */
export function query(message: Message, what: string): Message[] {
  const fd = openSocket(0)
  const answers: Message[] = []
  const dump = (message.flags & NLM_F_DUMP) === NLM_F_DUMP
  try {
    send(fd, [message])
    for (;;) {
      for (const answer of receive(fd)) {
        if (answer.type === NLMSG_DONE) return answers
        if (answer.type === NLMSG_ERROR) throw systemFailure(what, -errorOf(answer))
        answers.push(answer)
        if (!dump) return answers
      }
    }
  } finally {
    closeSync(fd)
  }
}

/** The kernel's one answer to each of many get requests, in order; null where it has none. */
export function queryEach(messages: Message[]): (Message | null)[] {
  const fd = openSocket(0)
  const answers: (Message | null)[] = []
  try {
    for (let at = 0; at < messages.length; at += BATCH) {
      const batch = messages.slice(at, at + BATCH)
      send(fd, batch)
      while (answers.length < at + batch.length)
        for (const answer of receive(fd)) answers.push(answer.type === NLMSG_ERROR ? null : answer)
    }
    return answers
  } finally {
    closeSync(fd)
  }
}

/** Calls back whenever the kernel announces something in these groups (RTMGRP_ bits), until stopped. */
export function watch(groups: number, callback: () => void): Watch {
  const fd = openSocket(groups, SOCK_NONBLOCK)
  // An overrun is no error of the socket, which would end the watch: what was lost came before what is still to be read.
  const on = new Uint32Array([1])
  check(setsockopt(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, addressOf(on), on.byteLength), 'setting up a netlink socket')
  const sink = new Uint8Array(65_536)
  const watched = watchReadable(fd, () => {
    while (read(fd, addressOf(sink), sink.length) > 0);
    callback()
  })
  return {
    stop: () => {
      watched.stop()
      closeSync(fd)
    },
  }
}

function openSocket(groups: number, flags = 0): number {
  const fd = check(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE), 'socket for netlink')
  const address = new Uint8Array(SOCKADDR_NL)
  const view = new DataView(address.buffer)
  view.setUint16(0, AF_NETLINK, true)
  view.setUint32(8, groups, true)
  check(bind(fd, addressOf(address), SOCKADDR_NL), 'bind of a netlink socket')
  return fd
}

function send(fd: number, messages: Message[]): void {
  const bytes = join(...messages.map(encode))
  check(write(fd, addressOf(bytes), bytes.length), 'send to netlink')
}

function encode({ type, flags, body }: Message): Uint8Array {
  const bytes = new Uint8Array(align(HEADER + body.length))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, HEADER + body.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags | NLM_F_REQUEST, true)
  bytes.set(body, HEADER)
  return bytes
}

/** What was read last. */
const inbox = new Uint8Array(65_536)

function receive(fd: number): Message[] {
  const length = check(read(fd, addressOf(inbox), inbox.length), 'receive from netlink')
  const view = new DataView(inbox.buffer)
  const messages: Message[] = []
  for (let at = 0; at + HEADER <= length; ) {
    const size = view.getUint32(at, true)
    const body = inbox.slice(at + HEADER, at + size)
    messages.push({ type: view.getUint16(at + 4, true), flags: view.getUint16(at + 6, true), body })
    at += align(size)
  }
  return messages
}

/** 1 for each acknowledgement, with the refusal thrown. */
function acknowledge(message: Message, what: string, ignore: number[]): number {
  if (message.type !== NLMSG_ERROR) return 0
  const error = -errorOf(message)
  if (error !== 0 && !ignore.includes(error)) throw systemFailure(what, error)
  return 1
}

const errorOf = ({ body }: Message): number => new DataView(body.buffer, body.byteOffset).getInt32(0, true)
