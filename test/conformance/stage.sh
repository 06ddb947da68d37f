# The words that scenarios are written in, besides ipvsadm, iptables, ip and sysctl themselves. A scenario is run by
# bash in the network namespace of the director; all clients and servers are one program in another (outside/main.ts).
#
# Machines: client client2 client3 on the outer network, far behind its router, web1 to web4 on the inner network. On a
# flat network the two are one. As shell variables ($vip, $web1, $web1_6) these names are addresses.

director_ethernet=02:00:00:00:00:01

# net flat|two-arm: lay the network and start the outside. The director is the servers' gateway where they use one.
net() {
  local outer=198.51.100 outer6=2001:db8:1: inner=eth1 devices='eth0 eth1'
  [[ $1 == flat ]] && outer=192.0.2 outer6=2001:db8: inner=eth0 devices=eth0
  vip=$outer.45 vip2=$outer.46 vip_6=$outer6:45 vip2_6=$outer6:46
  outer_director=$outer.10 outer_director_6=$outer6:10 director=192.0.2.10 director_6=2001:db8::10
  far=203.0.113.100 far_6=2001:db8:2::100
  wires $devices
  coproc OUTSIDE { exec nsenter --net=/run/netns/outside "$node" "$outside" $director_ethernet "$quiet_ms"; }
  exec {from_outside}<&"${OUTSIDE[0]}" {to_outside}>&"${OUTSIDE[1]}"
  machine client eth0 $outer.100 $outer6:100
  machine client2 eth0 $outer.101 $outer6:101
  machine client3 eth0 $outer.102 $outer6:102
  machine router eth0 $outer.1 $outer6:1
  local n; for n in 1 2 3 4; do machine web$n $inner 192.0.2.2$n 2001:db8::2$n; done
  outside alias vip $vip $vip_6
  outside alias vip2 $vip2 $vip2_6
  outside alias far $far $far_6
  outside alias director $director $director_6
  [[ $1 == flat ]] || outside alias outer-director $outer_director $outer_director_6
  ip -batch - <<END
$(printf 'link set %s up\n' $devices)
$(printf "address add %s/24 dev eth0\n" $outer_director $vip $vip2)
$(printf "address add %s/64 dev eth0 nodad\n" $outer_director_6 $vip_6 $vip2_6)
$([[ $1 == flat ]] || printf '%s\n' "address add $director/24 dev eth1" "address add $director_6/64 dev eth1 nodad")
$neighbours
route add default via $outer.1
route add default via $outer6:1
END
}

# wires DEVICE...: devices of the director, whose other ends are with the outside under the same names.
wires() {
  ip netns add outside
  nsenter --net=/run/netns/outside sysctl -qw net.ipv6.conf.default.disable_ipv6=1
  local quiet='accept_ra=0 router_solicitations=0 addr_gen_mode=1' word
  sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0 \
    $(for word in $quiet; do echo net.ipv6.conf.default.$word; done)
  local device
  for device; do
    echo "link add $device address $director_ethernet type veth peer name $device netns outside"
  done | ip -batch -
  printf 'link set %s up\n' "$@" | ip -n outside -batch -
}

# machine NAME DEVICE ADDRESS ADDRESS6: known to the outside, and to the director without asking for it.
machine() {
  local octet; printf -v octet %02x $((++machines)); local ethernet=02:00:00:00:01:$octet
  printf -v "$1" %s "$3"; printf -v "$1_6" %s "$4"
  outside host "$1" "$2" $ethernet "$3" "$4"
  printf -v neighbours "%sneighbour replace %s lladdr $ethernet dev $2 nud permanent\nneighbour replace %s lladdr $ethernet dev $2 nud permanent\n" \
    "$neighbours" "$3" "$4"
}

# outside COMMAND...: have the outside do something, and print what came of it.
outside() {
  printf '%s\n' "$*" >&"$to_outside"
  local line; while IFS= read -r -u "$from_outside" line && [[ $line != . ]]; do printf '%s\n' "$line"; done
}
send() { outside send "$@"; }
answer() { outside answer "$@"; }
error() { outside error "$@"; }
series() { outside series "$@"; }
burst() { outside burst "$@"; }
talk() { outside talk "$@"; }
wait_for() { outside wait "$@"; }

# it NAME: what follows, up to the next one, is a case.
it() { printf '== %s\n' "$*"; }

# quietly COMMAND...: without its output, where it is not what the case is about.
quietly() { "$@" >/dev/null; }

# connections [OPTION...]: ipvsadm's list of them, sorted, with what is left of each timer by the next of LVS's own
# timeouts: the second in which it is asked is left open.
connections() { ipvsadm -Lnc "$@" | unhurried | sort; }

unhurried() {
  local words seconds timeout
  read -r; read -r
  while read -ra words; do
    seconds=$((10#${words[1]%:*} * 60 + 10#${words[1]#*:}))
    for timeout in 10 30 60 120 300 360 600 900 $seconds; do ((seconds <= timeout)) && break; done
    words[1]=${timeout}s
    echo "${words[*]}"
  done
}

# state PORT STEP...: how ipvsadm lists the client's connection from this port to the VIP's port 80, after these packets.
state() {
  talk "$1" vip:80 "${@:2}"
  connection "$1"
}

# connection PORT: how the connection of this port of a client is listed.
connection() { ipvsadm -Lnc | unhurried | sort | grep ":$1 " || echo 'no connection'; }

# listed: ipvsadm -Ln without its first three lines.
listed() { ipvsadm -Ln "$@" | { read -r; read -r; read -r; cat; }; }

# active: the same without inactive connections, some of which may have ended meanwhile.
active() { listed | sed -E 's/^(  -> .*) [0-9]+ *$/\1/'; }

# snat PORT...: the rule of LVS-SNAT for these ports of the virtual address.
snat() {
  local port; for port; do
    iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip/32 --vport $port -j SNAT --to-source $director
  done
}

# balance PROTOCOL PORT SCHEDULER SERVER[=WEIGHT]...: a service at the VIP with servers by masquerading.
balance() {
  local option=-t server; [[ $1 == udp ]] && option=-u; [[ $1 == sctp ]] && option=--sctp-service
  ipvsadm -A $option $vip:$2 -s $3
  for server in "${@:4}"; do
    local name=${server%=*} weight=1; [[ $server == *=* ]] && weight=${server#*=}
    ipvsadm -a $option $vip:$2 -r ${!name}:$2 -m -w $weight
  done
}

# estimated: counters have been brought up to date, as LVS does every two seconds.
estimated() { sleep 2.3; }
