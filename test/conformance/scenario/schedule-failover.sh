# Scheduling: fo and ovf.
net two-arm
start_director

it "fo: the highest weight"
balance udp 53 fo web1=1 web2=5 web3=3
series udp 4 client:30000 vip:53
it "fo: the highest falls to 0"
ipvsadm -e -u $vip:53 -r $web2:53 -m -w 0
series udp 3 client:31000 vip:53
it "fo: equal weights"
balance udp 80 fo web1=5 web2=5 web3=5
series udp 3 client:30000 vip:80
it "fo: none"
balance udp 81 fo web1=0
series udp 1 client:30000 vip:81
it "ovf: overflows to the next"
balance tcp 80 ovf web1=1 web2=3 web3=2
series tcp 10 client:40000 vip:80 S
it "ovf: UDP is never active"
balance udp 443 ovf web1=1 web2=5 web3=3
series udp 4 client:30000 vip:443
it "ovf: a weight of 0 takes none"
balance tcp 81 ovf web1=0 web2=1
series tcp 3 client:40000 vip:81 S
it "the lists"
listed
