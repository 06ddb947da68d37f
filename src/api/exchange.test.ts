import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { byHandle, byNet, nodeHandles, type Talk } from './exchange.js'

const WAYS: Record<string, () => Promise<Talk>> = {
  handles: async () => byHandle(nodeHandles()!),
  net: byNet,
}
let names = 0

/** The path of a server that lives as long as the test. */
async function serve(t: { after(clean: () => void): void }, serveOne: (socket: Socket) => void): Promise<string> {
  const path = `\0fullnat-exchange-${process.pid}-${++names}`.padEnd(108, '\0')
  const server = createServer({ allowHalfOpen: true }, serveOne)
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => server.close())
  return path
}

function answerOf(talk: Talk, path: string, bytes: Buffer): Promise<{ code: string; answer: Buffer }> {
  return new Promise((resolve) => {
    const parts: Buffer[] = []
    talk(path, bytes, {
      part: (part) => parts.push(part),
      end: (code) => resolve({ code, answer: Buffer.concat(parts) }),
    })
  })
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`${name}: more than any buffer holds, both ways`, async (t) => {
    const bytes = Buffer.from(Array.from({ length: 3 << 20 }, (_, i) => (i * 31) & 255))
    const path = await serve(t, (socket) => {
      let missing = bytes.length
      socket.on('data', (part) => {
        socket.write(part)
        missing -= part.length
        if (missing === 0) socket.end()
      })
    })
    const { code, answer } = await answerOf(await way(), path, bytes)
    assert.equal(code, '')
    assert.ok(answer.equals(bytes))
  })

  test(`${name}: an answer before all is read, and the end`, async (t) => {
    const path = await serve(t, (socket) => {
      socket.on('error', () => {})
      socket.write('no', () => socket.destroySoon())
    })
    const { code, answer } = await answerOf(await way(), path, Buffer.alloc(3 << 20))
    assert.match(code, /^(|EPIPE|ECONNRESET)$/)
    assert.match(answer.toString(), /^(no)?$/)
  })

  test(`${name}: nobody listens`, async () => {
    const { code } = await answerOf(await way(), `\0fullnat-nobody-${process.pid}`.padEnd(108, '\0'), Buffer.from('x'))
    assert.equal(code, 'ECONNREFUSED')
  })

  test(`${name}: who gives up hears no more`, async (t) => {
    let gone = () => {}
    const left = new Promise<void>((resolve) => {
      gone = resolve
    })
    let heard = 0
    const path = await serve(t, (socket) => {
      socket.on('end', () => socket.end(gone))
      socket.once('data', () => giveUp())
    })
    const giveUp = (await way())(path, Buffer.from('x'), { part: () => heard++, end: () => heard++ })
    await left
    assert.equal(heard, 0)
  })
}
