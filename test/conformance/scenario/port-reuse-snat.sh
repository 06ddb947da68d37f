# A client uses a port again, with SNAT.
net flat
start_director
balance tcp 80 rr web1 web2
snat 80

it "in TIME_WAIT: scheduled anew"
talk 40000 vip:80 c:S s:SA c:A c:FA s:FA c:A
send client tcp 40000 vip:80 S
it "once more, as a client would"
send client tcp 40000 vip:80 S
it "and its state"
connection 40000
it "in CLOSE: scheduled anew"
talk 40001 vip:80 c:S s:SA c:A c:R
send client tcp 40001 vip:80 S
it "in ESTABLISHED: stays with its server"
talk 40002 vip:80 c:S s:SA c:A
send client tcp 40002 vip:80 S
it "how many connections"
active
it "how many the rule has seen"
iptables -t nat -L POSTROUTING -nvx
