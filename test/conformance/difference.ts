/** Which cases are known to differ from real LVS, and why. */

/**
 * On purpose: title in docs/differences.md -> the cases, as `scenario: case`. A case that differs and is not here fails
 * the test, and so does one that is here and has become equal.
 */
export const differences: Readonly<Record<string, readonly string[]>> = {
  'A datagram without a checksum stays without': [
    'masq-udp: a datagram without a checksum stays without',
    'masq-udp: its answer without a checksum, too',
    'masq-udp: with SNAT a datagram without a checksum stays without',
  ],
  'A damaged CRC stays damaged': ['sctp: a damaged CRC stays damaged'],
  'Parameter problems are passed on': ['icmp-errors: masq: a parameter problem', 'icmp-errors: what was counted'],
  'Thresholds are saved': ['lists: saved'],
  'What is fixed': ['setting-bypass: on: forwarded', 'setting-bypass: on: listed'],
  'A refusal comes from the address asked': [
    'setting-bypass: off: refused',
    'setting-nat-icmp-send: on, TCP: the server is told, nothing goes out',
    'setting-nat-icmp-send: on, UDP',
  ],
  'The policy counts': [
    'fwmark: the rules of the mangle table counted every packet',
    'nat-rules: what was counted',
    'one-packet: the rule of SNAT does not see it',
  ],
  'Errors of the host itself': [
    'mtu: masq: the client is told',
    'mtu: SNAT: the client is told',
    'mtu: IPv6: the client is told',
    'mtu: a smaller MTU on the way to the client: the server is told',
    'mtu: SNAT: the server is told',
  ],
  'Time exceeded comes from the interface': [
    'gate: TTL 1 is exceeded',
    'tunnel-ipip: TTL 1 is exceeded',
    'ttl: 1 is exceeded, and the client is told',
    'ttl: 1 is exceeded on a packet that opens a connection',
    'ttl: does it leave a connection',
    'ttl: 1 is exceeded on the way back, and the server is told',
    'ttl: SNAT: 1 is exceeded, and the client is told about its own packet',
    'ttl: SNAT: 1 is exceeded on the way back, and the server is told',
    'masq-tcp6: counters',
  ],
  FTP: ['ftp-snat: PORT'],
  'Answers from the virtual address are forwarded': [
    "gate: the server's answer through the director, as it is",
    'setting-schedule-icmp: off: of another port',
    'setting-schedule-icmp: on: it is scheduled',
    'setting-schedule-icmp: on: a connection',
  ],
  'An MTU is learned, not looked up': [
    'gate: counters: only what goes in',
    'tunnel-ipip: a router on the way says too big: the client is told',
    'tunnel-ipip: counters count what is inside',
  ],
  'Connections outlive the last service': ['removed-destination: the last service is removed: the host answers'],
}
