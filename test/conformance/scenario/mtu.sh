# A smaller MTU on the way to the servers.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1
balance tcp 8080 rr web2
iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip/32 --vport 8080 -j SNAT --to-source $director
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:80 -m
ip link set eth1 mtu 1300

it "masq: the client is told"
talk 40000 vip:80 c:S s:SA c:A
send client tcp 40000 vip:80 A len=1400
it "masq: one that fits"
send client tcp 40000 vip:80 A len=1260
it "masq: what may be fragmented is"
send client udp 30000 vip:53 len=1400
it "SNAT: the client is told"
talk 40001 vip:8080 c:S s:SA c:A
send client tcp 40001 vip:8080 A len=1400
it "IPv6: the client is told"
talk 40002 vip_6:80 c:S s:SA c:A
send client tcp 40002 vip_6:80 A len=1400
it "a smaller MTU on the way to the client: the server is told"
ip link set eth1 mtu 1500; ip link set eth0 mtu 1280
answer PA len=1400 by=web1
it "SNAT: the server is told"
talk 40003 vip:8080 c:S s:SA c:A
answer PA len=1240 by=web2
answer PA len=1260 by=web2
