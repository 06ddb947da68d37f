/** The command files of iptables and ip6tables, and a shell that plays them in this process. */
import type { CliIo, DirectorClient } from '../../src/cli/io.js'
import { run } from '../../src/cli/iptables/iptables.js'
import { runRestore } from '../../src/cli/iptables/restore.js'
import { runSave } from '../../src/cli/iptables/save.js'
import type { Names } from '../../src/cli/name/names.js'
import { PortNames } from '../../src/cli/name/port-names.js'
import { ProtocolNames } from '../../src/cli/name/protocol-names.js'
import { differences } from './iptables-differences.js'
import { NatDirector } from './iptables-director.js'
import { type Outcome, type Program, Shell } from './shell.js'
import type { Suite } from './suite.js'

/** The recording's machine: no network, Debian's /etc/services and /etc/protocols as far as the recordings ask. */
const names: Names = {
  ports: new PortNames(`
    tcpmux 1/tcp\necho 7/tcp\necho 7/udp\ndiscard 9/tcp\ndiscard 9/udp\nsystat 11/tcp\ndaytime 13/tcp\nnetstat 15/tcp\nftp 21/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp www\nntp 123/udp\nhttps 443/tcp\n
    syslog 514/udp\ncisco-sccp 2000/tcp\nhttp-alt 8080/tcp webcache`),
  protocols: new ProtocolNames('tcp 6 TCP\nudp 17 UDP\ndccp 33 DCCP\ngre 47 GRE\nospf 89 OSPFIGP\n'),
  hosts: {
    addresses: async (name, family) => (name === 'localhost' && family === 4 ? ['127.0.0.1'] : []),
    name: async (address) => (address === '127.0.0.1' ? 'localhost' : null),
  },
}

type Start = typeof run

function shell(): Shell {
  const director = new NatDirector() as Partial<DirectorClient> as DirectorClient
  const program =
    (start: Start, name: 'iptables' | 'ip6tables'): Program =>
    async (argv, stdin) => {
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
      outcome.status = await start(name, argv, io, names)
      return outcome
    }
  const programs = { '': run, '-save': runSave, '-restore': runRestore }
  return new Shell(
    Object.fromEntries(
      Object.entries(programs).flatMap(([suffix, start]) =>
        (['iptables', 'ip6tables'] as const).map((name) => [`${name}${suffix}`, program(start, name)]),
      ),
    ),
  )
}

const NAMES = [
  'grammar',
  'addresses',
  'matches',
  'targets',
  'chains',
  'circles',
  'listings',
  'streams',
  'mangle',
  'extensions',
  'tables',
  'differences',
]

export const iptables: Suite = {
  program: /ip6?tables/,
  oracle: ['blog', 'iptables-nat', 'iptables-mistakes'],
  ours: [...NAMES.map((name) => `iptables-${name}`), 'ip6tables', 'ip6tables-mangle'],
  shell,
  comparable: (answer) => answer.replace(/^(# (?:Generated|Completed) .*on ).*$/gm, '$1DATE'),
  differences,
}
