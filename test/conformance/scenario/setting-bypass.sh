# cache_bypass: a marked service without a server lets packets go where they were going.
net two-arm
start_director
ip route add 203.0.113.0/24 via $web4
ip rule add fwmark 1 lookup 100
ip route add local 0.0.0.0/0 dev lo table 100
iptables -t mangle -A PREROUTING -d $far -p tcp -j MARK --set-mark 1
ipvsadm -A -f 1 -s rr

it "off: refused"
send client tcp 40000 far:80 S
it "on: forwarded"
set_ipvs net.ipv4.vs.cache_bypass=1
send client tcp 40001 far:80 S
it "on: listed"
connections
it "with a server: balanced"
ipvsadm -a -f 1 -r $web1 -m
send client tcp 40002 far:80 S
it "its answer comes from where the client asked"
answer SA
