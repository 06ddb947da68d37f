/** Asks as the director does, once: `node asker.js '[CHECK, ADDRESS, PORT]'...`. Prints what each asking found, as JSON. */
import { familyOf, parse } from '../../src/address/words.js'
import { printable } from '../../src/health/evidence.js'
import { ask } from '../../src/health/run.js'
import { openEchoSocket } from '../../src/sys/echo-socket.js'

const outcomes = []
for (const text of process.argv.slice(2)) {
  const [check, address, port] = JSON.parse(text)
  const target = { destinationId: 1, address, port, virtualAddress: '192.0.2.45', virtualPort: 80 }
  const { good, reason, share, sent, received } = await ask(check, target, (to, heard) => {
    const words = Int32Array.from(parse(to)!)
    return openEchoSocket(familyOf(words), words, heard)
  })
  outcomes.push({ good, reason, share, sent: printable(sent), received: printable(received) })
}
console.log(JSON.stringify(outcomes))
