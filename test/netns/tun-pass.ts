/**
 * The TUN data path with no engine: what is steered into the device goes back as it came, "to the host".
 *
 *   tun-pass.js serve SETTINGS SPEC   says `listening`, then `passed PACKETS LONGEST` whenever more have come
 *   tun-pass.js steer SETTINGS SPEC   changes what is steered
 *   tun-pass.js remove SETTINGS       gives the host back
 *
 * SPEC is a SteeringSpec in JSON.
 */
import { TunPort } from '../../src/io/tun/port.js'
import { Steering } from '../../src/io/tun/steering.js'

const DEVICE = 'fullnat0'
const [verb, settingsFile, ...rest] = process.argv.slice(2)
const steering = new Steering(DEVICE, settingsFile)

async function serve(spec: string): Promise<void> {
  await steering.install()
  steering.confineLocalPorts()
  let longest = 0
  const port = new TunPort({ name: DEVICE })
  port.start((packets, count) => {
    for (const packet of packets.slice(0, count)) {
      longest = Math.max(longest, packet.length)
      port.transmit(packet)
    }
  })
  await steering.steer(JSON.parse(spec))
  console.log('listening')
  let told = 0
  setInterval(() => {
    const { received, sent, refused } = port.counters
    if (received === told) return
    told = received
    console.log(`passed ${sent} ${longest}${refused > 0 ? `, refused ${refused}` : ''}`)
  }, 20)
}

if (verb === 'serve') await serve(rest[0])
else if (verb === 'steer') await steering.steer(JSON.parse(rest[0]))
else await steering.remove()
