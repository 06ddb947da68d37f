# Timeouts: set by ipvsadm --set, and what happens when they run out.
net two-arm
start_director
ipvsadm -A -t $vip:81 -s rr -p 1
ipvsadm -a -t $vip:81 -r $web1:81 -m
ipvsadm -a -t $vip:81 -r $web2:81 -m
balance tcp 80 rr web1
balance udp 53 rr web1 web2

it "the timeouts at first"
ipvsadm -L --timeout
it "set"
ipvsadm --set 300 30 60
ipvsadm -L --timeout
it "0 keeps what was"
ipvsadm --set 0 0 10
ipvsadm -L --timeout
it "established"
state 40000 c:S s:SA c:A
it "FIN_WAIT"
state 40001 c:S s:SA c:A s:FA
it "TIME_WAIT is not among them"
state 40002 c:S s:SA c:A c:FA s:FA
it "UDP"
send client udp 30000 vip:53 data=a
connection 30000
it "a timeout that is set later counts from the next packet"
ipvsadm --set 900 120 2
connection 30000
it "it has run out: the next packet is scheduled anew"
send client udp 30001 vip:53 data=a
sleep 4
send client udp 30001 vip:53 data=a
it "and the old one is gone"
sleep 4
connection 30001
it "a template that runs out is kept while its connection lives"
series tcp 1 client:40000 vip:81 S
sleep 3
series tcp 1 client:40001 vip:81 S
it "the connection that is never established ends, and its template"
ipvsadm --set 1 1 1
talk 40001 vip:81 c:A c:R
connections | grep -c :81
