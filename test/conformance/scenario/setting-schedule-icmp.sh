# schedule_icmp: an error of no connection may open one.
net two-arm
start_director
balance tcp 80 rr web1
ipvsadm -A -u $vip:53 -s rr
ipvsadm -a -u $vip:53 -r $web2:53 -g

it "off: an error about a packet of no connection is the host's"
series tcp 1 client:40000 vip:80 S
answer SA
error 3/4 by=client src=router mtu=1000
it "off: of another port"
ipvsadm -C
sleep 1
balance tcp 80 rr web1
send web1 tcp 80 client:40001 SA src=vip
error 3/4 by=client src=router mtu=1000
it "on: it is scheduled"
set_ipvs net.ipv4.vs.schedule_icmp=1
error 3/4 by=client src=router mtu=1000
it "on: a connection"
connection 40001
