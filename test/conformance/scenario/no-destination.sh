# No server may take a connection: what the client is told.
net two-arm
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -A -u $vip:53 -s rr
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -A -u [$vip_6]:53 -s rr
balance tcp 81 rr web1=0
ipvsadm -A -t $vip:8080 -s none
ipvsadm -a -t $vip:8080 -r $web1:80 -m

it "TCP: port unreachable"
send client tcp 40000 vip:80 S
it "UDP: port unreachable"
send client udp 30000 vip:53 data=question
it "UDP: a large datagram is quoted as far as it fits"
send client udp 30000 vip:53 len=1200
it "TCP over IPv6: port unreachable"
send client tcp 40000 vip_6:80 S
it "UDP over IPv6: port unreachable"
send client udp 30000 vip_6:53 data=question
it "UDP over IPv6: a large datagram"
send client udp 30000 vip_6:53 len=1400
it "a server of weight 0"
send client tcp 40001 vip:81 S
it "the scheduler none"
send client tcp 40001 vip:8080 S
it "an ACK of no connection"
send client tcp 40002 vip:80 A
it "a client behind a router"
send router tcp 40000 vip:80 S src=far
it "no connection is left"
connections
it "nothing is counted"
estimated
ipvsadm -Ln --stats
