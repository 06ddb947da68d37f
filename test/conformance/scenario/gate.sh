# Direct routing: the packet goes to the server as it is; the server answers past the director.
net two-arm
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1:80 -g
ipvsadm -A -u $vip:53 -s rr
ipvsadm -a -u $vip:53 -r $web2 -g
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:80 -g

it "a SYN reaches the server unchanged"
send client tcp 40000 vip:80 S options=mss:1460
it "its state"
connection 40000
it "the next packet of the client establishes it"
send client tcp 40000 vip:80 A ack=5001
it "established without an answer seen"
connection 40000
it "data"
send client tcp 40000 vip:80 PA data=hello ack=5001
it "the client closes"
send client tcp 40000 vip:80 FA ack=5001
it "which is FIN_WAIT, as no answers are seen"
connection 40000
it "the last packet"
send client tcp 40000 vip:80 A ack=5002
connection 40000
it "a reset"
send client tcp 40001 vip:80 S
send client tcp 40001 vip:80 R
connection 40001
it "UDP"
send client udp 30000 vip:53 data=question
connection 30000
it "TTL 1 is exceeded"
send client udp 30000 vip:53 data=question ttl=1
it "IPv6"
send client tcp 40002 vip_6:80 S
it "IPv6: its state"
send client tcp 40002 vip_6:80 A ack=5001
connection 40002
it "the server's answer through the director, as it is"
send web1 tcp 80 client:40003 SA src=vip
it "a packet too big for the way to the server"
ip link set eth1 mtu 1300
sleep 1
send client tcp 40000 vip:80 A len=1400
it "that may be fragmented"
send client udp 30000 vip:53 len=1400
it "an error from a router on the client's side reaches the server"
send client tcp 40004 vip:80 S
send router tcp 40005 vip:80 S src=far
it "the list shows Route"
listed
it "a port cannot be changed"
ipvsadm -a -t $vip:80 -r $web3:8080 -g
ipvsadm -Ln -t $vip:80
it "counters: only what goes in"
estimated
ipvsadm -Ln --stats
