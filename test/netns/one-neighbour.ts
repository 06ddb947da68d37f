/** Everything is reached by one neighbour, so that what comes out is what goes in but for its headers. */
export const ROUTES = `
  ip link add name wire type veth peer name end && ip link set end up && ip link set wire address 02:00:00:00:00:01 up &&
  ip address add 10.255.255.2/30 dev wire && ip address add fd00:ffff::2/64 dev wire nodad &&
  ip neighbour add 10.255.255.1 lladdr 02:00:00:00:00:02 dev wire nud permanent &&
  ip neighbour add fd00:ffff::1 lladdr 02:00:00:00:00:02 dev wire nud permanent &&
  ip route add default via 10.255.255.1 && ip -6 route add default via fd00:ffff::1 &&
  sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1`
