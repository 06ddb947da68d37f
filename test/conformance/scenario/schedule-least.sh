# Scheduling: lc, wlc, sed, nq, by connections that are there.
net two-arm
start_director

it "lc: equal"
balance tcp 80 lc web1 web2 web3
series tcp 7 client:40000 vip:80 S
it "lc: after some have ended"
send client tcp 40000 vip:80 FA
send client tcp 40003 vip:80 FA
series tcp 6 client:41000 vip:80 S
it "lc: weights do not count"
balance tcp 81 lc web1=5 web2=1
series tcp 6 client:40000 vip:81 S
it "wlc: weights 3 2 1"
balance tcp 443 wlc web1=3 web2=2 web3=1
series tcp 13 client:40000 vip:443 S
it "wlc: inactive connections count a little"
balance tcp 8080 wlc web1 web2
series tcp 4 client:40000 vip:8080 S
send client tcp 40000 vip:8080 FA
send client tcp 40002 vip:8080 FA
series tcp 4 client:41000 vip:8080 S
it "wlc: UDP, which is never active"
balance udp 53 wlc web1=3 web2=2 web3=1
series udp 12 client:30000 vip:53
it "lc: UDP"
balance udp 80 lc web1 web2 web3
series udp 7 client:30000 vip:80
it "sed: weights 3 2 1"
balance tcp 8081 sed web1=3 web2=2 web3=1
series tcp 13 client:40000 vip:8081 S
it "sed: UDP"
balance udp 443 sed web1=3 web2=2 web3=1
series udp 6 client:30000 vip:443
it "nq: weights 3 2 1"
balance tcp 53 nq web1=3 web2=2 web3=1
series tcp 13 client:40000 vip:53 S
it "nq: UDP"
balance udp 8080 nq web1=3 web2=2 web3=1
series udp 5 client:30000 vip:8080
it "wlc: a weight of 0"
balance tcp 9 wlc web1=1 web2=0 web3=2
series tcp 9 client:40000 vip:9 S
it "sed: a weight of 0"
balance tcp 5353 sed web1=1 web2=0 web3=2
series tcp 9 client:40000 vip:5353 S
it "nq: a weight of 0"
balance tcp 21 nq web1=1 web2=0 web3=2
series tcp 6 client:40000 vip:21 S
it "wlc: a server joins"
ipvsadm -a -t $vip:443 -r $web4:443 -m -w 1
series tcp 8 client:41000 vip:443 S
it "the lists"
listed
