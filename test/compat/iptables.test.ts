/**
 * iptables answers as the real one did on a real kernel, line by line and to the blank: the oracle's recordings, and
 * ours in commands/ (recorded by oracle/real-lvs with oracle/prelude.sh). What differs on purpose stands in
 * iptables-differences.ts and is explained under the same title in docs/differences.md.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { test } from 'node:test'
import type { CliIo, DirectorClient } from '../../src/cli/io.js'
import { run } from '../../src/cli/iptables/iptables.js'
import { runRestore } from '../../src/cli/iptables/restore.js'
import { runSave } from '../../src/cli/iptables/save.js'
import type { Names } from '../../src/cli/name/names.js'
import { PortNames } from '../../src/cli/name/port-names.js'
import { ProtocolNames } from '../../src/cli/name/protocol-names.js'
import { differences } from './iptables-differences.js'
import { NatDirector } from './iptables-director.js'
import { readRecording } from './recording.js'
import { type Outcome, type Program, Shell } from './shell.js'

/** The compiled test lies in dist/test/compat. */
const checkout = resolve(import.meta.dirname, '../../..')
const oracle = resolve(checkout, '../shared/oracle/commands')
const ours = resolve(checkout, 'test/compat/commands')

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

const expected = new Map(Object.values(differences).flatMap((lines) => Object.entries(lines)))
const met = new Set<string>()

async function plays(folder: string, name: string): Promise<void> {
  const bash = shell()
  for (const { line, answer } of readRecording(folder, name)) {
    if (!/ip6?tables/.test(line)) continue
    const otherwise = expected.get(line)
    const [real, answered] = [dateless(answer), dateless(await bash.play(line))]
    if (otherwise === undefined || answered === real) assert.equal(answered, real, `$ ${line}`)
    else {
      assert.equal(answered, typeof otherwise === 'string' ? otherwise : otherwise(real), `$ ${line}`)
      met.add(line)
    }
  }
}

const dateless = (answer: string): string => answer.replace(/^(# (?:Generated|Completed) .*on ).*$/gm, '$1DATE')

const absent = !existsSync(oracle) && 'the recordings of real LVS are not beside the checkout'
for (const name of ['blog', 'iptables-nat', 'iptables-mistakes'])
  test(`oracle/${name}`, { skip: absent }, () => plays(oracle, name))

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
for (const name of [...NAMES.map((one) => `iptables-${one}`), 'ip6tables', 'ip6tables-mangle'])
  test(name, () => plays(ours, name))

test('every difference was met, and is explained', { skip: absent }, () => {
  assert.deepEqual(
    [...expected.keys()].filter((line) => !met.has(line)),
    [],
  )
  const page = readFileSync(resolve(checkout, 'docs/differences.md'), 'utf8')
  for (const title of Object.keys(differences)) assert.ok(page.includes(`\n### ${title}\n`), title)
})
