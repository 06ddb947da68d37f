/**
 * Why a packet was dropped: one number per reason, one counter per number.
 *
 * The data path never throws and never drops without counting here. The numbers are also the
 * index into the counter array, so they stay dense; `reasonText` is what an administrator reads.
 */
export const Reason = {
  none: 0,
  truncated: 1,
  badVersion: 2,
  badHeaderLength: 3,
  badTotalLength: 4,
  badTransport: 5,
  extensionChain: 6,
  badFragment: 7,
  ttlExceeded: 8,
  badIcmpChecksum: 9,
  noDestination: 10,
  destinationRemoved: 11,
  destinationFamily: 12,
  poolDry: 13,
  tableFull: 14,
  untracked: 15,
  ruleDrop: 16,
  portDown: 17,
  tooBig: 18,
  mappedAddress: 19,
  overload: 20,
  fragmentOverlap: 21,
  fragmentDuplicate: 22,
  fragmentTimeout: 23,
  fragmentEvicted: 24,
  fragmentLimit: 25,
  unnamed: 26,
  portTaken: 27,
  halfOpen: 28,
  unanswered: 29,
} as const

export type Reason = (typeof Reason)[keyof typeof Reason]

export const reasonText: Readonly<Record<keyof typeof Reason, string>> = {
  none: 'not dropped',
  truncated: 'the packet ends before its headers do',
  badVersion: 'neither IPv4 nor IPv6',
  badHeaderLength: 'the IP header length is under 20 bytes or past the packet',
  badTotalLength: 'the IP total length is past the packet or under its header',
  badTransport: 'the TCP, UDP or ICMP header does not fit its packet',
  extensionChain: 'too many or broken IPv6 extension headers',
  badFragment: 'a fragment whose offset, length or headers cannot be right',
  ttlExceeded: 'the time to live ran out here',
  badIcmpChecksum: 'an ICMP error with a wrong checksum',
  noDestination: 'no real server may take a new connection (weight 0, overloaded, or none)',
  destinationRemoved: 'the real server of this connection was removed',
  destinationFamily: 'the real server has another address family than its service',
  poolDry: 'no free source port in the SNAT pool',
  tableFull: 'the connection table is full',
  untracked: 'a packet of a balanced service that opens no connection and belongs to none',
  ruleDrop: 'a rule of nat or mangle dropped the connection',
  portDown: 'the interface to send on is down or full',
  tooBig: 'longer than the way to its real server takes, and not to be fragmented',
  overload: 'a new connection given up by drop_packet',
  mappedAddress: 'an IPv6 header with an IPv4-mapped address',
  fragmentOverlap: 'a datagram whose fragments overlap',
  fragmentDuplicate: 'a fragment that was here already',
  fragmentTimeout: 'a datagram of which not all fragments came in time',
  fragmentEvicted: 'the oldest incomplete datagram, when the store of fragments was full',
  fragmentLimit: 'a datagram in too many fragments',
  unnamed: 'a packet without the Call-ID that its service goes by',
  halfOpen: 'a connection whose client had not answered, given up for a newer one (a flood of SYNs)',
  unanswered:
    'a connection that ended with its handshake unfinished: the real server did not answer, or the client did not',
  portTaken: 'a data connection of FTP whose port another one has',
}

export const REASONS = Object.keys(Reason) as (keyof typeof Reason)[]
