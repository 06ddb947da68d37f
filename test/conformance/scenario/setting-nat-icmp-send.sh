# nat_icmp_send: what a server sends that belongs to no connection.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1

it "off: it is forwarded"
send web1 tcp 80 client:50000 SA
it "on, TCP: the server is told, nothing goes out"
set_ipvs net.ipv4.vs.nat_icmp_send=1
send web1 tcp 80 client:50001 SA
it "on, UDP"
send web1 udp 53 client:50000 data=x
it "on: a reset is forwarded"
send web1 tcp 80 client:50002 R
it "on: another port of the server is forwarded"
send web1 tcp 81 client:50003 SA
it "on: another host is forwarded"
send web4 tcp 80 client:50004 SA
it "on: a balanced connection is not harmed"
send client tcp 40000 vip:80 S
answer SA
