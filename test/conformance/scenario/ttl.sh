# The director is one hop.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1
balance udp 5353 rr web2
iptables -t nat -A POSTROUTING -p udp -m ipvs --vport 5353 -j SNAT --to-source $director

it "64 becomes 63"
send client udp 30000 vip:53 data=a ttl=64
it "255 becomes 254 on the way back"
answer data=b ttl=255
it "2 becomes 1"
send client udp 30000 vip:53 data=a ttl=2
it "1 is exceeded, and the client is told"
send client udp 30000 vip:53 data=a ttl=1
it "1 is exceeded on a packet that opens a connection"
send client tcp 40000 vip:80 S ttl=1
it "does it leave a connection"
connections
it "1 is exceeded on the way back, and the server is told"
send client udp 30001 vip:53 data=a
answer data=b ttl=1
it "SNAT: 2 becomes 1"
send client udp 30002 vip:5353 data=a ttl=2
it "SNAT: 1 is exceeded, and the client is told about its own packet"
send client udp 30002 vip:5353 data=a ttl=1
it "SNAT: 1 is exceeded on the way back, and the server is told"
answer data=b ttl=1 by=web2
it "the identification is kept, also zero"
send client udp 30000 vip:53 data=a id=0 df=1
it "may be fragmented stays so"
send client udp 30000 vip:53 data=a id=777 df=0
it "the class of service is kept both ways"
send client udp 30000 vip:53 data=a tos=184
answer data=b tos=40
