/**
 * UDP: `node echo.js serve NAME PORT [ADDRESS]` answers every datagram with its name, the sender and the text;
 * `node echo.js ask ADDRESS PORT COUNT [BYTES]` sends datagrams, each from a new socket, and prints the answers;
 * `node echo.js flood ADDRESS PORT COUNT BYTES` sends datagrams and waits for nothing;
 * `node echo.js pour ADDRESS PORT COUNT` sends them all from one socket, which takes answers from anywhere.
 */
import { createSocket } from 'node:dgram'
import { isIPv4, isIPv6 } from 'node:net'

const [mode, ...words] = process.argv.slice(2)
const WAIT_MS = 2_000
const FLOOD_AT_ONCE = 200
const FLOOD_PAUSE_MS = 10

function serve(name: string, port: number, address: string): void {
  const socket = createSocket(isIPv4(address) ? 'udp4' : 'udp6')
  socket.on('message', (message, from) => {
    const sender = `${from.address.replace('::ffff:', '')} ${from.port}`
    socket.send(`${name} ${sender} ${message}`, from.port, from.address)
  })
  socket.bind(port, address, () => console.log('listening'))
}

/** One datagram and its answer, or what went wrong. */
const ask = (address: string, port: number, text: string): Promise<string> =>
  new Promise((done) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    const timer = setTimeout(() => finish('no answer'), WAIT_MS)
    const finish = (result: string) => {
      clearTimeout(timer)
      socket.close()
      done(result)
    }
    socket.once('message', (message) => finish(message.toString()))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code ?? error.message))
    socket.connect(port, address, () => socket.send(text))
  })

/** An answer to each, from whoever it comes. */
async function pour(address: string, port: number, count: number): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  for (let n = 0; n < count; n++) {
    const answer = new Promise((done) => socket.once('message', (text, from) => done(`${text} from ${from.address}`)))
    socket.send('x', port, address)
    console.log(await answer)
  }
  socket.close()
}

async function flood(address: string, port: number, count: number, bytes: number): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  const text = 'x'.repeat(bytes)
  for (let n = 0; n < count; n++) {
    await new Promise((sent) => socket.send(text, port, address, sent))
    // What is measured is what the director does with it, not how much the queue of its device takes at once.
    if (n % FLOOD_AT_ONCE === 0) await new Promise((rested) => setTimeout(rested, FLOOD_PAUSE_MS))
  }
  socket.close()
}

if (mode === 'flood') await flood(words[0], Number(words[1]), Number(words[2]), Number(words[3]))
else if (mode === 'pour') await pour(words[0], Number(words[1]), Number(words[2]))
else if (mode === 'serve') serve(words[0], Number(words[1]), words[2] ?? '::')
else
  for (let n = 0; n < Number(words[2]); n++) {
    console.log(await ask(words[0], Number(words[1]), 'x'.repeat(Number(words[3] ?? 1))))
  }
