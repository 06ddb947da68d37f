/** What ipvsadm answers otherwise than the real one, on purpose. */
import type { Differences } from './suite.js'

const BAD_MASK = 'illegal virtual server persistent mask specified\n[exit 2]\n'
const BAD_MASK6 = 'illegal ipv6 netmask specified\n[exit 2]\n'
const BAD_VIP = 'illegal virtual server address[:port] specified\n[exit 2]\n'
const BAD_RIP = 'illegal real server address[:port] specified\n[exit 2]\n'

export const differences: Differences = {
  'Persistence masks are contiguous': {
    'ipvsadm -A -t 10.0.0.1:80 -M 255.0.255.0 -p 10': BAD_MASK,
    'ipvsadm -A -t 10.0.1.3:80 -p -M 255.0.255.0': BAD_MASK,
    'ipvsadm -A -t 10.0.1.1:80 -p -M 24': BAD_MASK,
    'ipvsadm -A -t [2001:db8::8]:80 -p -M 64x': BAD_MASK6,
    'ipvsadm -A -p -M 64 -t [2001:db8::a]:80': BAD_MASK,
    'ipvsadm -A -p -M 255.255.255.0 -t [2001:db8::9]:80': BAD_MASK6,
  },
  'Addresses have one form': {
    'ipvsadm -A -t [10.0.0.1]:88 -s rr -p': BAD_VIP,
    'ipvsadm -A -t 10.1:88 -s rr': BAD_VIP,
    'ipvsadm -A -t 010.0.0.1:89 -s rr': BAD_VIP,
    'ipvsadm -A -t 0x0a000001:90 -s rr': BAD_VIP,
    'ipvsadm -A -t [::ffff:10.0.0.1]:80 -s rr': BAD_VIP,
    'ipvsadm -a -t [2001:db8::1]:80 -r [::ffff:10.0.0.1]:80 -m': BAD_RIP,
    'ipvsadm -a -t [2001:db8::1]:80 -r [::10.0.0.1]:80 -m': BAD_RIP,
  },
  'Firewall marks are unsigned': {
    'ipvsadm -Ln -f 4294967295':
      'Prot LocalAddress:Port Scheduler Flags\n' +
      '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n' +
      'FWM  4294967295 rr\n',
  },
  'Thresholds are saved': {
    'ipvsadm -Sn': (real) => real.replace(/(10.0.0.17:80 -m -w 1)$/m, '$1 -x 100 -y 20'),
    'ipvsadm -Sn | grep 10.0.0.2': (real) => real.replace(/( -m -w 1)$/m, '$1 -x 100 -y 20'),
    'ipvsadm --save --numeric': (real) => real.replace(/( -m -w 3)$/m, '$1 -x 10 -y 5'),
  },
  'The broadcast address of a connected network': {
    'ipvsadm -a -t 10.0.0.1:80 -r 127.255.255.255:80 -m': '',
  },
  'The scheduler twos': {
    'ipvsadm -A -t 10.0.1.9:80 -s twos': '',
  },
  'The order without sorting': {
    'ipvsadm -L -n --nosort':
      'IP Virtual Server version 1.2.1 (size=4096)\n' +
      'Prot LocalAddress:Port Scheduler Flags\n' +
      '  -> RemoteAddress:Port           Forward Weight ActiveConn InActConn\n' +
      'TCP  10.0.0.1:80 rr\n' +
      'TCP  192.168.0.1:80 rr\n' +
      'TCP  200.0.0.1:80 rr\n' +
      'TCP  100.0.0.1:80 rr\n' +
      'FWM  5 rr\n' +
      'TCP  [2001:db8::1]:80 rr\n' +
      'TCP  [fe80::1]:80 rr\n',
  },
}
