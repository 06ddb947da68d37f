# drop_entry and drop_packet in mode 3: always.
net two-arm
start_director
balance udp 53 rr web1
balance tcp 80 rr web1

it "drop_packet off: all come through"
series udp 6 client:30000 vip:53
it "drop_packet 3: every tenth new connection is dropped"
set_ipvs net.ipv4.vs.drop_packet=3
sleep 1.5
series udp 30 client:31000 vip:53 | tr ' ' '\n' | sort | uniq -c
it "drop_packet 3, am_droprate 3: every third"
set_ipvs net.ipv4.vs.am_droprate=3
sleep 1.5
series udp 30 client:32000 vip:53 | tr ' ' '\n' | sort | uniq -c
it "drop_packet 3: packets of a connection are not dropped"
series udp 10 client:30001 vip:53 step=none
it "drop_packet off again"
set_ipvs net.ipv4.vs.drop_packet=0
sleep 1.5
series udp 6 client:33000 vip:53
