# Tunnels: IP in IP.
net two-arm
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1:80 -i
ipvsadm -A -u $vip:53 -s rr
ipvsadm -a -u $vip:53 -r $web2 -i --tun-type ipip
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:80 -i
ipvsadm -A -t [$vip_6]:81 -s rr
ipvsadm -a -t [$vip_6]:81 -r $web3 -i
ipvsadm -A -t $vip:81 -s rr
ipvsadm -a -t $vip:81 -r $web4_6 -i

it "a SYN goes to the server inside another packet"
send client tcp 40000 vip:80 S options=mss:1460
it "its state"
connection 40000
it "the client's next packet"
send client tcp 40000 vip:80 PA data=hello ack=5001
connection 40000
it "class of service inside and outside"
send client tcp 40000 vip:80 A tos=184
it "TTL inside and outside"
send client tcp 40000 vip:80 A ttl=10
it "TTL 1 is exceeded"
send client tcp 40000 vip:80 A ttl=1
it "UDP that may be fragmented"
send client udp 30000 vip:53 data=question
it "a packet that does not fit in the tunnel: the client is told"
send client tcp 40000 vip:80 A len=1460
it "one that just fits"
send client tcp 40000 vip:80 A len=1440
it "UDP that does not fit and may be fragmented"
send client udp 30001 vip:53 len=1470
it "IPv6 in IPv6"
send client tcp 40001 vip_6:80 S
it "IPv6 in IPv6 that does not fit"
send client tcp 40001 vip_6:80 A len=1440
it "IPv6 in IPv4"
send client tcp 40002 vip_6:81 S
it "IPv4 in IPv6"
send client tcp 40003 vip:81 S
it "a router on the way says too big: the client is told"
send client tcp 40004 vip:80 A len=1400
send client tcp 40004 vip:80 S
error 3/4 src=web4 mtu=1300
it "and believes it from then on"
send client tcp 40000 vip:80 A len=1400
it "the server is unreachable: the client is told"
send client tcp 40005 vip:80 S
error 3/1 src=web4
it "the list"
listed
it "the list of tunnels"
ipvsadm -Ln --tun-info
it "counters count what is inside"
estimated
ipvsadm -Ln --stats
