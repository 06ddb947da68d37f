# SCTP through masquerading: addresses, ports, CRC32c, states.
net two-arm
start_director
ipvsadm -A --sctp-service $vip:9 -s rr
ipvsadm -a --sctp-service $vip:9 -r $web1:8080 -m
ipvsadm -A --sctp-service $vip:80 -s rr
ipvsadm -a --sctp-service $vip:80 -r $web2:80 -m
iptables -t nat -A POSTROUTING -p sctp -m ipvs --vaddr $vip/32 --vport 80 -j SNAT --to-source $director

it "INIT reaches the server"
send client sctp 40000 vip:9 INIT
connection 40000
it "INIT-ACK comes from the virtual address"
answer INIT-ACK
connection 40000
it "COOKIE-ECHO"
answer COOKIE-ECHO
connection 40000
it "COOKIE-ACK"
answer COOKIE-ACK
connection 40000
it "DATA"
send client sctp 40000 vip:9 DATA
connection 40000
it "SACK"
answer SACK
connection 40000
it "active while it is established"
listed
it "HEARTBEAT and its answer"
send client sctp 40000 vip:9 HEARTBEAT
answer HEARTBEAT-ACK
connection 40000
it "SHUTDOWN"
send client sctp 40000 vip:9 SHUTDOWN
connection 40000
it "SHUTDOWN-ACK"
answer SHUTDOWN-ACK
connection 40000
it "SHUTDOWN-COMPLETE"
answer SHUTDOWN-COMPLETE
connection 40000
it "the server shuts down: SHUTDOWN"
send client sctp 40001 vip:9 INIT
answer INIT-ACK
answer COOKIE-ECHO
answer COOKIE-ACK
answer SHUTDOWN by=web1
connection 40001
it "the server shuts down: SHUTDOWN-ACK"
answer SHUTDOWN-ACK
connection 40001
it "the server shuts down: SHUTDOWN-COMPLETE"
answer SHUTDOWN-COMPLETE
connection 40001
it "ABORT by the server"
send client sctp 40002 vip:9 INIT
answer ABORT
connection 40002
it "ABORT by the client"
send client sctp 40003 vip:9 INIT
answer INIT-ACK
answer ABORT
connection 40003
it "a second INIT"
send client sctp 40004 vip:9 INIT
send client sctp 40004 vip:9 INIT
connection 40004
it "COOKIE-ECHO with DATA behind it"
send client sctp 40005 vip:9 INIT
answer INIT-ACK
answer COOKIE-ECHO,DATA
connection 40005
it "DATA of no association"
send client sctp 40006 vip:9 DATA
it "ABORT of no association"
send client sctp 40007 vip:9 ABORT
it "SNAT: INIT"
send client sctp 40008 vip:80 INIT
it "SNAT: INIT-ACK"
answer INIT-ACK
it "a damaged CRC stays damaged"
send client sctp 40009 vip:9 INIT sum=wrong
it "no server: the client is told"
ipvsadm -e --sctp-service $vip:9 -r $web1:8080 -m -w 0
send client sctp 40010 vip:9 INIT
it "an error of the server's host reaches the client"
error 3/2 by=web2
it "counters"
estimated
ipvsadm -Ln --stats
