# A client uses a port again.
net two-arm
start_director
balance tcp 80 rr web1 web2

it "in TIME_WAIT: scheduled anew"
talk 40000 vip:80 c:S s:SA c:A c:FA s:FA c:A
send client tcp 40000 vip:80 S
it "in TIME_WAIT: the new connection's state"
connection 40000
it "in CLOSE: scheduled anew"
talk 40001 vip:80 c:S s:SA c:A c:R
send client tcp 40001 vip:80 S
it "in ESTABLISHED: stays with its server"
talk 40002 vip:80 c:S s:SA c:A
send client tcp 40002 vip:80 S
it "in FIN_WAIT: stays with its server"
talk 40003 vip:80 c:S s:SA c:A s:FA
send client tcp 40003 vip:80 S
it "in CLOSE_WAIT: stays with its server"
talk 40004 vip:80 c:S s:SA c:A c:FA
send client tcp 40004 vip:80 S
it "how many connections"
listed
it "conn_reuse_mode 0, in TIME_WAIT: stays with its server"
set_ipvs net.ipv4.vs.conn_reuse_mode=0
talk 40005 vip:80 c:S s:SA c:A c:FA s:FA c:A
send client tcp 40005 vip:80 S
it "conn_reuse_mode 0: the state"
connection 40005
