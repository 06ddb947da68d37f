# Fragments of balanced packets over IPv6.
net two-arm
start_director
ipvsadm -A -u [$vip_6]:53 -s rr
ipvsadm -a -u [$vip_6]:53 -r [$web1_6]:53 -m
ipvsadm -A -u [$vip_6]:5353 -s rr
ipvsadm -a -u [$vip_6]:5353 -r [$web2_6]:53 -m
ip6tables -t nat -A POSTROUTING -p udp -m ipvs --vport 5353 -j SNAT --to-source $director_6

it "masq: a datagram in two"
send client udp 30000 vip_6:53 len=1000 frag=800
it "masq: the answer in two"
answer len=1000 frag=800
it "masq: larger than the way out carries in one"
send client udp 30001 vip_6:53 len=3000 frag=1400
it "SNAT: a datagram in two"
send client udp 30002 vip_6:5353 len=1000 frag=800
it "SNAT: the answer in two"
answer len=1000 frag=800
it "connections"
connections
