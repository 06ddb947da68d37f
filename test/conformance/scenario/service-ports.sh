# Ports of servers: none given, another one, the same server twice.
net two-arm
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1 -m
ipvsadm -a -t $vip:80 -r $web2:0 -m
ipvsadm -A -t $vip:81 -s rr
ipvsadm -a -t $vip:81 -r $web3:8080 -m
ipvsadm -a -t $vip:81 -r $web3:8081 -m
ipvsadm -A -t $vip2:80 -s rr
ipvsadm -a -t $vip2:80 -r $web3:8080 -m

it "without a port: the service's"
listed -t $vip:80
it "port 0 keeps the client's"
send client tcp 40000 vip:80 S
answer SA
send client tcp 40001 vip:80 S
answer SA
it "one server on two ports"
send client tcp 40002 vip:81 S
answer SA
send client tcp 40003 vip:81 S
answer SA
it "one server behind two virtual addresses"
send client tcp 40004 vip2:80 S
answer SA
it "the same client port at two services of one server: SNAT keeps them apart"
snat 81
iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip2/32 --vport 80 -j SNAT --to-source $director
send client tcp 40005 vip2:80 S
send client tcp 40005 vip:81 S
send client tcp 40006 vip:81 S
it "a server is changed into another method"
ipvsadm -e -t $vip2:80 -r $web3:8080 -g
listed
it "connections"
connections
