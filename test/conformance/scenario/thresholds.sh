# Thresholds: a server takes no more connections than it may.
net two-arm
start_director
ipvsadm -A -u $vip:53 -s rr
ipvsadm -a -u $vip:53 -r $web1:53 -m -x 2
ipvsadm -a -u $vip:53 -r $web2:53 -m
ipvsadm -A -u $vip:80 -s rr
ipvsadm -a -u $vip:80 -r $web1:80 -m -x 2
ipvsadm -a -u $vip:80 -r $web2:80 -m -x 3
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1:80 -m -x 4 -y 2

it "one is full, the other is not limited"
series udp 8 client:30000 vip:53
it "all are full: refused"
series udp 8 client:30000 vip:80
it "a limit is raised"
ipvsadm -e -u $vip:80 -r $web2:80 -m -x 5
series udp 4 client:31000 vip:80
it "TCP: full"
series tcp 6 client:40000 vip:80 S
it "TCP: a closed connection still counts"
talk 40000 vip:80 c:A c:R
series tcp 1 client:41000 vip:80 S
it "the list of thresholds"
ipvsadm -Ln --thresholds
it "the list"
listed
