# pmtu_disc: whether a tunnel heeds the path's MTU.
net two-arm
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1 -i

it "on: the client is told"
send client tcp 40000 vip:80 S
send client tcp 40000 vip:80 A len=1460
it "off: the tunnel's packets may be fragmented"
set_ipvs net.ipv4.vs.pmtu_disc=0
send client tcp 40000 vip:80 A len=1000
it "off: and they are"
send client tcp 40000 vip:80 A len=1460
