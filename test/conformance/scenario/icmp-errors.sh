# ICMP errors about balanced packets, from servers and from routers, both ways.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1
balance udp 5353 rr web2
iptables -t nat -A POSTROUTING -p udp -m ipvs --vport 5353 -j SNAT --to-source $director
balance tcp 8080 rr web2
snat 8080

it "masq: a server's port unreachable reaches the client as the virtual address's"
send client udp 30000 vip:53 data=question
error 3/3
it "masq: the connection stays"
connections
it "masq: a router behind the director says host unreachable"
send client udp 30001 vip:53 data=question
error 3/1 src=web4
it "masq: time exceeded on the way to the server"
error 11/0 by=web1 src=web4
it "masq: a packet too big on the way to the server"
error 3/4 by=web1 src=web4 mtu=1280
it "masq: an error that quotes only eight bytes of the datagram"
error 3/3 by=web1 quote=28
it "masq: a packet too big on the way to the client reaches the server"
talk 40000 vip:80 c:S s:SA c:A
answer PA len=1400 by=web1
error 3/4 by=client src=router mtu=1000
it "masq: host unreachable on the way to the client"
error 3/1 by=client src=router
it "masq: source quench, which is history"
error 4/0 by=client src=router
it "masq: a parameter problem"
error 12/0 by=client src=router
it "masq: a redirect is nobody's business"
error 5/1 by=client src=router
it "SNAT: a server's port unreachable"
send client udp 30002 vip:5353 data=question
error 3/3
it "SNAT: a router behind the director says host unreachable"
send client udp 30003 vip:5353 data=question
error 3/1 src=web4
it "SNAT: an error that quotes only eight bytes of the datagram"
error 3/3 by=web2 quote=28
it "SNAT: a packet too big on the way to the server"
send client tcp 40001 vip:8080 S
error 3/4 src=web4 mtu=1280
it "SNAT: a packet too big on the way to the client reaches the server"
talk 40002 vip:8080 c:S s:SA c:A
answer PA len=1400 by=web2
error 3/4 by=client src=router mtu=1000
it "an error about a packet of no connection"
send client udp 30009 vip:54 data=x
error 3/3 by=client
it "what was counted"
estimated
ipvsadm -Ln --stats
