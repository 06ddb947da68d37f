# Scheduling: rr and wrr.
net two-arm
start_director

it "rr: three servers"
balance udp 53 rr web1 web2 web3
series udp 9 client:30000 vip:53
it "rr: a connection that is there does not count"
series udp 3 client:30000 vip:53
it "rr: one has weight 0"
ipvsadm -e -u $vip:53 -r $web2:53 -m -w 0
series udp 6 client:31000 vip:53
it "rr: a fourth joins"
ipvsadm -a -u $vip:53 -r $web4:53 -m
series udp 8 client:32000 vip:53
it "rr: one leaves"
ipvsadm -d -u $vip:53 -r $web3:53
series udp 6 client:33000 vip:53
it "rr: the scheduler is set anew"
ipvsadm -E -u $vip:53 -s wrr
ipvsadm -E -u $vip:53 -s rr
series udp 6 client:34000 vip:53
it "wrr: weights 3 2 1"
balance udp 80 wrr web1=3 web2=2 web3=1
series udp 14 client:30000 vip:80
it "wrr: weights 4 2 2"
balance udp 81 wrr web1=4 web2=2 web3=2
series udp 12 client:30000 vip:81
it "wrr: weights 5 1 1"
balance udp 443 wrr web1=5 web2=1 web3=1
series udp 15 client:30000 vip:443
it "wrr: a weight of 0"
balance udp 8080 wrr web1=2 web2=0 web3=1
series udp 8 client:30000 vip:8080
it "wrr: a weight changes in the middle"
ipvsadm -e -u $vip:8080 -r $web2:8080 -m -w 3
series udp 12 client:31000 vip:8080
it "wrr: a server leaves in the middle"
ipvsadm -d -u $vip:8080 -r $web1:8080
series udp 8 client:32000 vip:8080
it "wrr: large weights"
balance udp 8081 wrr web1=1000 web2=500
series udp 9 client:30000 vip:8081
it "wrr: all weights 0"
balance udp 9 wrr web1=0 web2=0
series udp 2 client:30000 vip:9
it "wrr: for TCP"
balance tcp 80 wrr web1=3 web2=2 web3=1
series tcp 12 client:40000 vip:80 S
it "rr: for TCP"
balance tcp 81 rr web1 web2 web3
series tcp 6 client:40000 vip:81 S
it "the lists"
listed
