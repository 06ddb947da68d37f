/** Where fullnat's iptables answers otherwise on purpose: each title stands in docs/differences.md, with the reason. */

/** A line -> what fullnat answers, or what it makes of the real answer. */
type Answers = Readonly<Record<string, string | ((real: string) => string)>>

const APPEND = 'iptables -t nat -A POSTROUTING'

const complaint = (text: string, program = 'iptables', hint = true): string =>
  `${program} v1.8.9 (nf_tables): ${text}\n` +
  `${hint ? `Try \`${program} -h' or '${program} --help' for more information.\n` : ''}[exit 2]\n`

/** Rules that the real tool takes: what follows -A POSTROUTING, and the complaint. */
const refused = (rules: Readonly<Record<string, string>>, program = 'iptables'): Answers =>
  Object.fromEntries(
    Object.entries(rules).map(([rule, text]) => [`${program} -t nat -A POSTROUTING ${rule}`, complaint(text, program)]),
  )

const missing = (rules: Readonly<Record<string, string>>): Answers =>
  Object.fromEntries(
    Object.entries(rules).map(([rule, what]) => [
      `${APPEND} ${rule}`,
      complaint(`${what} is not supported by fullnat yet`, 'iptables', false),
    ]),
  )

const noTable = (table: string, hint = ' (-t nat, -t mangle)', program = 'iptables'): string =>
  `${program} v1.8.9 (nf_tables): table '${table}' is not supported by fullnat: ` +
  `it has the tables nat and mangle${hint}\n[exit 3]\n`

const NO_MASK = `ipvs: bad value for option "--vaddr", neither a valid network mask nor valid CIDR (0-32).\n`
const FOUR = 'write all four numbers of the address'
const DECIMAL = 'write its numbers in decimal, without leading zeros'
const CHARACTERS = "'/' and white space are not allowed by the kernel"

const firstLine = (real: string): string => real.replace(/^line 3.*\n/m, '')
const without = (text: string | RegExp) => (real: string) => real.replace(text, '')
const withoutEcho = (real: string): string => real.replace(/^\S+ {2}all opt .*\n/m, '')

export const differences: Readonly<Record<string, Answers>> = {
  'Ports are ports': {
    ...refused({
      '-m ipvs --vport 99999 -j MASQUERADE': 'Port "99999" is out of range (0-65535)',
      '-m ipvs --vport 65536 -j ACCEPT': 'Port "65536" is out of range (0-65535)',
      '-m ipvs --vportctl 99999 -j ACCEPT': 'Port "99999" is out of range (0-65535)',
      '-p udp --dport 99999 -j ACCEPT': 'Port "99999" is out of range (0-65535)',
      "-m ipvs --vport '' -j ACCEPT": 'Port "" does not resolve to anything.\n',
      '-p tcp -j SNAT --to-source 10.1.1.1:0': "Port `0' not valid",
    }),
    'iptables -t nat -S': without(/^-A (POSTROUTING (-m ipvs --vport 34463|! -p tcp)|.*--limit-iface).*\n/gm),
  },
  'Ranges go forwards': refused({
    '-p udp --dport 90:80 -j ACCEPT': 'invalid portrange (min > max)',
    '-j SNAT --to-source 10.1.1.9-10.1.1.1': "Address range `10.1.1.9-10.1.1.1' ends before it begins",
  }),
  'A packet has a port': refused({
    '-p tcp ! --sport 0:65535 -j ACCEPT': "a packet without a port: `! --source-port 0:65535' would never match",
    '-p sctp ! --dport : -j ACCEPT': "a packet without a port: `! --destination-port :' would never match",
  }),
  'A port belongs to a protocol': refused({
    '! -p tcp --dport 80 -j ACCEPT': "TCP match requires '-p tcp'",
    '! -p tcp --syn -j ACCEPT': "TCP match requires '-p tcp'",
    '! -p tcp -j SNAT --to-source 10.1.1.1:80': 'Need TCP, UDP, SCTP or DCCP with port specification',
  }),
  'Addresses of rules have one form': {
    ...refused({
      '-m ipvs --vaddr 10 -j ACCEPT': `ipvs: "10" is no address: ${FOUR}\n`,
      '-m ipvs --vaddr 10.1 -j ACCEPT': `ipvs: "10.1" is no address: ${FOUR}\n`,
      '-m ipvs --vaddr 010.1.2.3 -j ACCEPT': `ipvs: "010.1.2.3" is no address: ${DECIMAL}\n`,
      '-m ipvs --vaddr 0x0a000001 -j ACCEPT': `ipvs: "0x0a000001" is no address: ${FOUR}\n`,
      '-s 10.1 -j ACCEPT': `host/network \`10.1' not found: ${FOUR}`,
      '-s 10 -j ACCEPT': `host/network \`10' not found: ${FOUR}`,
      '-s 10.1/24 -j ACCEPT': `host/network \`10.1' not found: ${FOUR}`,
      '-s 010.1.2.3 -j ACCEPT': `host/network \`010.1.2.3' not found: ${DECIMAL}`,
      '-s 0x0a.1.2.3 -j ACCEPT': `host/network \`0x0a.1.2.3' not found: ${DECIMAL}`,
    }),
    ...refused(
      {
        '-p tcp -j SNAT --to-source ::ffff:10.1.1.1': 'Bad IP address "::ffff:10.1.1.1"',
        '-s ::ffff:10.2.3.4 -j ACCEPT': "host/network `::ffff:10.2.3.4' not found: it carries an IPv4 address",
        '-s ::10.2.3.4 -j ACCEPT': "host/network `::10.2.3.4' not found: it carries an IPv4 address",
      },
      'ip6tables',
    ),
  },
  'Masks of virtual addresses are contiguous': {
    ...refused({
      '-m ipvs --vaddr 10.0.0.7/33 -j ACCEPT': NO_MASK,
      '-m ipvs --vaddr 10.0.0.7/255.0.255.0 -j ACCEPT': NO_MASK,
    }),
    'iptables -t nat -C POSTROUTING -m ipvs --vaddr 10.0.0.7 -j ACCEPT': '',
  },
  'Sources that a host can have': refused({
    '-j SNAT --to-source 0.0.0.0': 'Bad IP address "0.0.0.0": no host has it',
    '-j SNAT --to-source 224.0.0.1': 'Bad IP address "224.0.0.1": no host has it',
    '-j SNAT --to-source 255.255.255.255': 'Bad IP address "255.255.255.255": no host has it',
  }),
  'Interface names that can be': refused({
    '-o a/b -j ACCEPT': `interface name \`a/b': ${CHARACTERS}`,
    "-o 'a b' -j ACCEPT": `interface name \`a b': ${CHARACTERS}`,
  }),
  'Nothing is left over': {
    ...refused({
      '-p tcp -j SNAT --to-source 10.1.1.1:80-90/5': "Garbage after port range: `/5'",
      '-c 5x 6y -j ACCEPT': '-c packet counter not numeric',
    }),
    ...refused(
      {
        '-p tcp -j SNAT --to-source [2001:db8::5]x:80': "Garbage after address: `x:80'",
        '-p tcp -j SNAT --to-source [2001:db8::5]-[2001:db8::9]:100-200':
          "Garbage after address: `-[2001:db8::9]:100-200'",
      },
      'ip6tables',
    ),
  },
  'Counters are exact': refused({
    '-c 18446744073709551615 5 -j ACCEPT': '-c packet counter too large',
  }),
  'Comments are kept whole': refused({
    [`-m comment --comment "${'0123456789'.repeat(28)}" -j ACCEPT`]: 'comment: longer than 255 bytes',
  }),
  'No policy DROP by the back door': {
    "printf '*nat\\n:POSTROUTING DROP [0:0]\\nCOMMIT\\n' | iptables-restore -n":
      'iptables-restore v1.8.9 (nf_tables): \n' +
      'The "nat" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n\n' +
      'Error occurred at line: 2\n' +
      "Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n[exit 2]\n",
  },
  'Chain names in every place': {
    "printf '*nat\\n:LOG - [0:0]\\nCOMMIT\\n' | iptables-restore -n":
      'iptables-restore v1.8.9 (nf_tables): chain name may not clash with target name\n' +
      'Error occurred at line: 2\n' +
      "Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n[exit 2]\n",
    'iptables -t nat -F LOG; iptables -t nat -X LOG':
      'iptables: No chain/target/match by that name.\niptables: No chain/target/match by that name.\n[exit 1]\n',
    "iptables -t nat -E a 'x y'": complaint("Invalid chain name `x y'"),
    "iptables -t nat -E 'x y' a": 'iptables: No chain/target/match by that name.\n[exit 1]\n',
    "printf '*nat\\n-N b\\n-E b c\\nCOMMIT\\n' | iptables-restore -n": '',
  },
  'Built-in chains are always there': {
    'iptables -t nat -E POSTROUTING post': 'iptables: No chain/target/match by that name.\n[exit 1]\n',
  },
  'Two matches of one kind stay two': {
    'iptables -t nat -S POSTROUTING': (real) =>
      real.replace(
        '-m tcp --dport 81 -m comment --comment x',
        '-m tcp --dport 80 -m comment --comment x -m tcp --dport 81',
      ),
    'iptables -t nat -L POSTROUTING': (real) =>
      real.replace('tcp dpt:81 /* x */', 'tcp dpt:http /* x */ tcp dpt:81').replace('vaddr anywhere', 'vaddr 0.0.0.0'),
  },
  'Values may be attached': {
    [`${APPEND} -ptcp -j ACCEPT`]: '',
    [`${APPEND} --source=10.0.0.1 -j ACCEPT`]: '',
    [`${APPEND} -jACCEPT`]: '',
  },
  'What is not understood is named': {
    'iptables -t nat -L -- foo': complaint('').replace(/^.*\n/, "Bad argument `foo'\n"),
    'iptables -t nat -b -L': complaint('unknown option "-b"'),
    'iptables -t nat -qn -L': complaint('unknown option "-qn"'),
  },
  '-v says what was done': {
    'iptables -t nat -v -A nosuch -j ACCEPT': withoutEcho,
    'iptables -t nat -v -A PREROUTING -j MASQUERADE': withoutEcho,
  },
  'A restore names what failed first': {
    "printf '*nat\\n-X a\\n-X b\\nCOMMIT\\n' | iptables-restore -n": firstLine,
    "printf '*nat\\n-A PREROUTING -j MASQUERADE\\n-A OUTPUT -j MASQUERADE\\nCOMMIT\\n' | iptables-restore -n":
      firstLine,
  },
  'IPv6 as IPv4': {
    'ip6tables -t nat -L POSTROUTING -v': (real) =>
      real
        .replace('    0     0 ACCEPT', '    5     6 ACCEPT')
        .replace('anywhere             anywhere', '::/8                 anywhere'),
    'ip6tables -t nat -D POSTROUTING -s ::/9 -j ACCEPT':
      'ip6tables: Bad rule (does a matching rule exist in that chain?).\n[exit 1]\n',
  },
  'Two tables': {
    'iptables -S': noTable('filter'),
    'iptables -t filter -L INPUT': noTable('filter'),
    'iptables-save -t filter': noTable('filter', '', 'iptables-save'),
    "printf '*filter\\nCOMMIT\\n*nat\\nCOMMIT\\n' | iptables-restore -n": noTable(
      'filter',
      ' (-T nat, -T mangle). Nothing was changed',
      'iptables-restore',
    ),
    'iptables-save': (real) => real.replace(/^# .*\n\*mangle\n(:.*\n)*COMMIT\n# .*\n/, ''),
  },
  'Matches and targets that are missing': {
    ...missing({
      '-j LOG': 'target LOG',
      '-j DNAT --to-destination 10.1.1.1': 'target DNAT',
      '-j REJECT': 'target REJECT',
      '-j QUEUE': 'target QUEUE',
      '-p dccp --dport 80 -j ACCEPT': 'match dccp',
      '-m addrtype --dst-type LOCAL --limit-iface-out -j ACCEPT': 'addrtype: option "--limit-iface-out"',
    }),
    'iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL --limit-iface-in -j ACCEPT': complaint(
      'addrtype: option "--limit-iface-in" is not supported by fullnat yet',
      'iptables',
      false,
    ),
    "printf '*nat\\n-L POSTROUTING\\nCOMMIT\\n' | iptables-restore -n": complaint(
      'line 2: a listing inside a restore is not supported by fullnat yet',
      'iptables-restore',
      false,
    ),
  },
}
