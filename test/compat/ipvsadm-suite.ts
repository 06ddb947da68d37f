/** ipvsadm's command files, and a shell that plays them in this process. */
import type { CliIo } from '../../src/cli/io.js'
import { run } from '../../src/cli/ipvsadm/ipvsadm.js'
import { runRestore, runSave } from '../../src/cli/ipvsadm/script.js'
import type { Names } from '../../src/cli/name/names.js'
import { PortNames } from '../../src/cli/name/port-names.js'
import { ProtocolNames } from '../../src/cli/name/protocol-names.js'
import { differences } from './ipvsadm-differences.js'
import { MemoryDirector } from './memory-director.js'
import { type Outcome, Shell } from './shell.js'
import type { Suite } from './suite.js'

/** The recording's machine: no network, Debian's /etc/services as far as the recordings ask. */
const names: Names = {
  ports: new PortNames('domain 53/tcp\ndomain 53/udp\nhttp 80/tcp www\n'),
  protocols: new ProtocolNames(''),
  hosts: {
    addresses: async (name) => (name === 'localhost' ? ['127.0.0.1'] : []),
    name: async (address) => (address === '127.0.0.1' ? 'localhost' : null),
  },
}

function shell(): Shell {
  const director = new MemoryDirector()
  const program =
    (start: typeof run) =>
    async (argv: string[], stdin: string): Promise<Outcome> => {
      const outcome: Outcome = { out: '', err: '', status: 0 }
      const io: CliIo = {
        director,
        stdin: async () => stdin,
        out: (text) => {
          outcome.out += text
        },
        err: (text) => {
          outcome.err += text
        },
      }
      outcome.status = await start(argv, io, names)
      return outcome
    }
  return new Shell({ ipvsadm: program(run), 'ipvsadm-save': program(runSave), 'ipvsadm-restore': program(runRestore) })
}

export const ipvsadm: Suite = {
  program: /ipvsadm/,
  oracle: ['blog', 'ipvsadm-services', 'ipvsadm-servers', 'ipvsadm-mistakes', 'ipvsadm-restore'],
  ours: ['grammar', 'values', 'streams', 'matrix', 'daemons', 'differences'].map((name) => `ipvsadm-${name}`),
  shell,
  comparable: (answer) => answer,
  differences,
}
