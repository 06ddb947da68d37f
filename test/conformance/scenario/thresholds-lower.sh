# Thresholds: below the lower one a server takes connections again.
net two-arm
start_director
ipvsadm --set 10 10 10
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1:80 -m -x 4 -y 2

it "full"
series tcp 6 client:40000 vip:80 S
it "two end: still closed"
talk 40000 vip:80 c:A c:R
talk 40001 vip:80 c:A c:R
sleep 12
series tcp 1 client:41000 vip:80 S
it "a third ends: open again"
talk 40002 vip:80 c:A c:R
sleep 12
series tcp 4 client:42000 vip:80 S
it "the list of thresholds"
ipvsadm -Ln --thresholds
