# expire_quiescent_template: a persistent client leaves a server of weight 0.
net two-arm
start_director
balance tcp 80 rr web1 web2
ipvsadm -E -t $vip:80 -s rr -p 600

it "off: the client stays"
series tcp 1 client:40000 vip:80 S
ipvsadm -e -t $vip:80 -r $web2:80 -m -w 0
series tcp 2 client:40001 vip:80 S
it "on: the client moves"
set_ipvs net.ipv4.vs.expire_quiescent_template=1
series tcp 2 client:40003 vip:80 S
it "on: its old connection goes on"
talk 40000 vip:80 c:A
send client tcp 40000 vip:80 PA data=a
it "on: and comes back with the weight"
ipvsadm -e -t $vip:80 -r $web2:80 -m -w 1
ipvsadm -e -t $vip:80 -r $web1:80 -m -w 0
series tcp 2 client:40005 vip:80 S
