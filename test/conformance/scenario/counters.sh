# Counters: packets and bytes in and out, exact numbers, zeroing, views with traffic.
net two-arm
start_director
balance tcp 80 rr web1 web2
balance udp 53 rr web1

it "after two connections and a few datagrams"
talk 40000 vip:80 c:S s:SA c:A
talk 40001 vip:80 c:S s:SA c:A c:FA s:FA c:A
send client udp 30000 vip:53 len=1000 >/dev/null
answer len=500 >/dev/null
estimated
ipvsadm -Ln --stats
it "exact"
ipvsadm -Ln --stats --exact
it "one service"
ipvsadm -Ln --stats -t $vip:80
it "the list with connections"
ipvsadm -Ln
it "the view of thresholds"
ipvsadm -Ln --thresholds
it "the view of persistence"
ipvsadm -Ln --persistent-conn
it "zeroed, all"
ipvsadm -Z
ipvsadm -Ln --stats
it "then more"
send client udp 30000 vip:53 len=100 >/dev/null
estimated
ipvsadm -Ln --stats
it "zeroed, one service"
ipvsadm -Z -t $vip:80
send client tcp 40000 vip:80 A >/dev/null
send client udp 30000 vip:53 len=100 >/dev/null
estimated
ipvsadm -Ln --stats
it "a server that is removed takes its counters along, the service keeps its own"
ipvsadm -d -u $vip:53 -r $web1:53
ipvsadm -Ln --stats -u $vip:53
it "a server that comes back has its counters back"
ipvsadm -a -u $vip:53 -r $web1:53 -m
ipvsadm -Ln --stats -u $vip:53
it "an edited service keeps its counters"
ipvsadm -E -t $vip:80 -s wlc
ipvsadm -Ln --stats -t $vip:80
it "a service that is made anew begins at zero"
ipvsadm -D -t $vip:80
balance tcp 80 rr web1 web2
ipvsadm -Ln --stats -t $vip:80
