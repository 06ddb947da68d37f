# drop_entry in mode 3: each second a part of what is half-open goes.
net two-arm
start_director
balance tcp 80 rr web1
balance udp 53 rr web1
half_open() { ipvsadm -Lnc | grep -c SYN_RECV; }
fewer_than() { (($(half_open) < $1)) && echo yes || echo no; }

it "half-open connections"
burst tcp 120 client:20000 vip:80 S
half_open
it "off: they stay"
sleep 2.5
half_open
it "established ones, and datagrams"
talk 40000 vip:80 c:S s:SA c:A
talk 40001 vip:80 c:S s:SA c:A
send client udp 30000 vip:53 data=a
send client udp 30001 vip:53 data=b
it "3: some of the half-open ones go"
set_ipvs net.ipv4.vs.drop_entry=3
sleep 7
fewer_than 120
it "3: the others stay"
connections | grep -v SYN_RECV
it "3: and go on"
send client tcp 40000 vip:80 PA data=more
it "0: no more go"
set_ipvs net.ipv4.vs.drop_entry=0
sleep 1.5
left=$(half_open)
sleep 3
(($(half_open) == left)) && echo the same
it "a client whose connection went may come again"
burst tcp 120 client:20000 vip:80 S
half_open
