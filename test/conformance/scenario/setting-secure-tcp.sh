# secure_tcp: the other table of TCP states.
net two-arm
start_director
balance tcp 80 rr web1
set_ipvs net.ipv4.vs.secure_tcp=3

it "SYN"; state 40001 c:S
it "SYN SYN-ACK"; state 40002 c:S s:SA
it "SYN ACK: no answer was seen"; state 40003 c:S c:A
it "SYN SYN-ACK ACK"; state 40004 c:S s:SA c:A
it "SYN SYN-ACK SYN"; state 40005 c:S s:SA c:S
it "SYN SYN-ACK FIN"; state 40006 c:S s:SA c:FA
it "SYN SYN-ACK RST"; state 40007 c:S s:SA c:R
it "SYN, the server's RST"; state 40008 c:S s:R
it "established, FIN, FIN"; state 40009 c:S s:SA c:A c:FA s:FA
it "established, the server's FIN"; state 40010 c:S s:SA c:A s:FA
it "SYN SYN-ACK SYN-ACK"; state 40011 c:S s:SA s:SA
it "SYN SYN-ACK, the server's RST"; state 40012 c:S s:SA s:R
it "off again: an established connection stays"
set_ipvs net.ipv4.vs.secure_tcp=0
send client tcp 40004 vip:80 A
connection 40004
