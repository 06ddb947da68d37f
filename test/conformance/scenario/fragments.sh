# Fragments of balanced packets.
net two-arm
start_director
balance udp 53 rr web1
balance udp 5353 rr web2
iptables -t nat -A POSTROUTING -p udp -m ipvs --vport 5353 -j SNAT --to-source $director
balance tcp 80 rr web1
ipvsadm -A -u $vip:80 -s rr
ipvsadm -a -u $vip:80 -r $web3 -g

it "masq: a datagram in two"
send client udp 30000 vip:53 len=1000 frag=800
it "masq: a datagram in four"
send client udp 30001 vip:53 len=2000 frag=512
it "masq: larger than the way out carries in one"
send client udp 30002 vip:53 len=3000 frag=1400
it "masq: the answer in two"
answer len=1000 frag=800 by=web1
it "SNAT: a datagram in two"
send client udp 30003 vip:5353 len=1000 frag=800
it "SNAT: the answer in two"
answer len=1000 frag=800
it "direct routing: a datagram in two"
send client udp 30004 vip:80 len=1000 frag=800
it "TCP in pieces"
send client tcp 40000 vip:80 S frag=8
it "a first fragment alone"
send client udp 30005 vip:53 len=1000 frag=2000 id=999
it "connections"
connections
it "counters"
estimated
ipvsadm -Ln --stats
