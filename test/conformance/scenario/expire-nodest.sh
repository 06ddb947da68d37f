# expire_nodest_conn: connections of a server that is taken away.
net two-arm
start_director
balance tcp 80 rr web1 web2
balance udp 53 rr web1 web2

it "off: dropped"
talk 40000 vip:80 c:S s:SA c:A
ipvsadm -d -t $vip:80 -r $web2:80
send client tcp 40000 vip:80 PA data=a
it "on, a server is removed: its connections are gone"
set_ipvs net.ipv4.vs.expire_nodest_conn=1
ipvsadm -a -t $vip:80 -r $web2:80 -m
talk 40001 vip:80 c:S s:SA c:A
talk 40002 vip:80 c:S s:SA c:A
ipvsadm -d -t $vip:80 -r $web1:80
sleep 1
connections
it "on: what its client sends is answered by a reset"
send client tcp 40001 vip:80 PA data=a
send client tcp 40002 vip:80 PA data=a
it "on: a datagram goes to the other server"
send client udp 30000 vip:53 data=a
send client udp 30001 vip:53 data=a
ipvsadm -d -u $vip:53 -r $web1:53
send client udp 30000 vip:53 data=b
send client udp 30001 vip:53 data=b
it "on, weight 0: an old connection goes on"
talk 40003 vip:80 c:S s:SA c:A
ipvsadm -e -t $vip:80 -r $web2:80 -m -w 0
send client tcp 40003 vip:80 PA data=a
it "on, weight 0: a new SYN from the same port is scheduled anew"
ipvsadm -a -t $vip:80 -r $web3:80 -m
send client tcp 40003 vip:80 S
it "on, weight 0: and sent again"
send client tcp 40003 vip:80 S
