# Persistence for all ports of an address, over IPv6, and by SIP calls.
net two-arm
start_director
ipvsadm -A -t $vip:0 -s rr -p 600
ipvsadm -a -t $vip:0 -r $web1 -m
ipvsadm -a -t $vip:0 -r $web2 -m
ipvsadm -A -t [$vip_6]:80 -s rr -p 600 -M 64
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:80 -m
ipvsadm -a -t [$vip_6]:80 -r [$web2_6]:80 -m

it "any port, one server"
series tcp 1 client:40000 vip:80 S
series tcp 1 client:40001 vip:443 S
series tcp 1 client:40002 vip:9 S
it "the port is kept"
send client tcp 40003 vip:8080 S
it "another client"
series tcp 2 client2:40000 vip:80 S
it "a more specific service goes before"
balance tcp 81 rr web3
series tcp 1 client:40004 vip:81 S
it "UDP is not covered"
send client udp 30000 vip:53 data=x
it "templates"
connections | grep ":0 "
it "the list"
listed
it "IPv6: clients of one network stay together"
series tcp 3 [2001:db8:5::2]:40000 vip_6:80 S by=router step=address
it "IPv6: another network"
series tcp 3 [2001:db8:6::2]:40000 vip_6:80 S by=router step=address
it "IPv6: templates"
connections | grep "\]:0 "
