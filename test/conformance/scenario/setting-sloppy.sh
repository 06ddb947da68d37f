# sloppy_tcp and sloppy_sctp: any packet opens a connection.
net two-arm
start_director
balance tcp 80 rr web1
ipvsadm -A --sctp-service $vip:80 -s rr
ipvsadm -a --sctp-service $vip:80 -r $web2:80 -m

it "TCP, off: an ACK is answered by a reset"
send client tcp 40000 vip:80 A
it "TCP, on: an ACK opens a connection"
set_ipvs net.ipv4.vs.sloppy_tcp=1
send client tcp 40001 vip:80 A
connection 40001
it "TCP, on: a FIN"
send client tcp 40002 vip:80 FA
connection 40002
it "TCP, on: a reset opens none"
send client tcp 40003 vip:80 R
connection 40003
it "TCP, on: a SYN as ever"
send client tcp 40004 vip:80 S
connection 40004
it "TCP, off again"
set_ipvs net.ipv4.vs.sloppy_tcp=0
send client tcp 40005 vip:80 A
it "SCTP, off: DATA"
send client sctp 40000 vip:80 DATA
it "SCTP, on: DATA opens an association"
set_ipvs net.ipv4.vs.sloppy_sctp=1
send client sctp 40001 vip:80 DATA
connection 40001
it "SCTP, on: ABORT opens none"
send client sctp 40002 vip:80 ABORT
