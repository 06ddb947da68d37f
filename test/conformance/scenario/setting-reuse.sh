# conn_reuse_mode and expire_nodest_conn for a port that is used again.
net two-arm
start_director
balance tcp 80 rr web1 web2

it "mode 1: a server of weight 0 and a connection in TIME_WAIT"
talk 40000 vip:80 c:S s:SA c:A c:FA s:FA c:A
ipvsadm -e -t $vip:80 -r $web2:80 -m -w 0
send client tcp 40000 vip:80 S
it "mode 0: a server of weight 0 and a connection in TIME_WAIT"
set_ipvs net.ipv4.vs.conn_reuse_mode=0
talk 40001 vip:80 c:S s:SA c:A c:FA s:FA c:A
ipvsadm -e -t $vip:80 -r $web2:80 -m -w 1
ipvsadm -e -t $vip:80 -r $web1:80 -m -w 0
send client tcp 40001 vip:80 S
it "mode 0 with expire_nodest_conn: scheduled anew"
set_ipvs net.ipv4.vs.expire_nodest_conn=1
send client tcp 40001 vip:80 S
it "its state"
connection 40001
