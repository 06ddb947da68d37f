# Packets that belong to no service or to no connection: the host's own stack answers.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1

it "an ACK to a service opens nothing: the host resets"
send client tcp 40000 vip:80 A
it "a FIN"
send client tcp 40001 vip:80 FA
it "a SYN-ACK"
send client tcp 40002 vip:80 SA
it "a reset is answered by nobody"
send client tcp 40003 vip:80 R
it "no flags at all"
send client tcp 40004 vip:80 P
it "SYN and RST together"
send client tcp 40005 vip:80 SR
it "SYN and FIN together open a connection"
send client tcp 40006 vip:80 SF
it "another port of the virtual address"
send client tcp 40007 vip:81 S
it "UDP to another port of the virtual address"
send client udp 30000 vip:54 data=x
it "another address of the director"
send client tcp 40008 vip2:80 S
it "an echo request to the virtual address"
send client echo vip
it "an echo request to the virtual address over IPv6"
send client echo vip_6
it "a server's own packet of no connection is forwarded"
send web1 tcp 80 client:50000 SA src=web1
it "a server's own request to the director"
send web1 tcp 45000 director:8080 S
it "what is listed"
connections
