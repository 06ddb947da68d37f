# masq over IPv6: TCP and UDP.
net two-arm
start_director
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:8080 -m
ipvsadm -A -u [$vip_6]:53 -s rr
ipvsadm -a -u [$vip_6]:53 -r [$web2_6]:53 -m

it "a SYN"
send client tcp 40000 vip_6:80 S options=mss:1440,sack,ws:7 tos=16
it "the answer"
answer SA
it "the third packet"
answer A
it "data"
send client tcp 40000 vip_6:80 PA data=hello
it "UDP"
send client udp 30000 vip_6:53 data=question
it "its answer"
answer data=answer
it "hop limit 1 is exceeded"
send client udp 30000 vip_6:53 data=question ttl=1
it "hop limit 1 on the way back"
answer data=answer ttl=1 by=web2
it "port unreachable by the server"
send client udp 30001 vip_6:53 data=question
error 1/4
it "a packet too big on the way to the client"
talk 40001 vip_6:80 c:S s:SA c:A
answer PA len=1400 by=web1
error 2/0 by=client src=router mtu=1280
it "a packet too big on the way to the server"
send client tcp 40001 vip_6:80 A len=1400
error 2/0 src=web4 mtu=1280
it "connections"
connections
it "the list"
listed
it "counters"
estimated
ipvsadm -Ln --stats
