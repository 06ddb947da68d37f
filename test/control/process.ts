/** A simulated director as a process of its own, to be killed: `node process.js STATE-FOLDER`; says `up` when it serves. */
import { assemble } from '../../src/daemon/assemble.js'
import { createLog } from '../../src/log/log.js'
import { Store } from '../../src/store/store.js'
import { peerCredentials } from '../../src/sys/peer.js'
import { simulatedCarrier } from './simulated.js'

const running = await assemble({
  openStore: () => new Store(process.argv[2]),
  log: createLog('warn'),
  version: '0.0.0',
  api: null,
  folder: process.argv[2],
  uidOf: (fd) => peerCredentials(fd).uid,
  openCarrier: async () => simulatedCarrier(),
})
console.log('up')
await running.api.closed
