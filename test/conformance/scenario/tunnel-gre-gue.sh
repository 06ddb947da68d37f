# Tunnels: GRE and generic UDP encapsulation, with and without checksums.
net two-arm
start_director
outside gue 6080
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1 -i --tun-type gre
ipvsadm -A -t $vip:81 -s rr
ipvsadm -a -t $vip:81 -r $web2 -i --tun-type gre --tun-csum
ipvsadm -A -t $vip:443 -s rr
ipvsadm -a -t $vip:443 -r $web3 -i --tun-type gue --tun-port 6080
ipvsadm -A -t $vip:8080 -s rr
ipvsadm -a -t $vip:8080 -r $web4 -i --tun-type gue --tun-port 6080 --tun-csum
ipvsadm -A -t $vip:8081 -s rr
ipvsadm -a -t $vip:8081 -r $web1 -i --tun-type gue --tun-port 6080 --tun-remcsum
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r $web1_6 -i --tun-type gre --tun-csum
ipvsadm -A -t [$vip_6]:81 -s rr
ipvsadm -a -t [$vip_6]:81 -r $web2 -i --tun-type gue --tun-port 6080

it "GRE"
send client tcp 40000 vip:80 S
it "GRE with a checksum"
send client tcp 40001 vip:81 S
it "GUE"
send client tcp 40002 vip:443 S
it "GUE with a checksum"
send client tcp 40003 vip:8080 S
it "GUE with a remote checksum"
send client tcp 40004 vip:8081 S
it "GRE over IPv6"
send client tcp 40005 vip_6:80 S
it "GUE over IPv4 for IPv6"
send client tcp 40006 vip_6:81 S
it "GRE: does not fit"
send client tcp 40000 vip:80 A len=1440
it "GRE with a checksum: does not fit"
send client tcp 40001 vip:81 A len=1440
it "GUE: does not fit"
send client tcp 40002 vip:443 A len=1440
it "GUE with a checksum: does not fit"
send client tcp 40003 vip:8080 A len=1440
it "GUE with a remote checksum: does not fit"
send client tcp 40004 vip:8081 A len=1440
it "GUE: the largest that fits"
send client tcp 40002 vip:443 A len=1428
it "GUE with a remote checksum: data"
send client tcp 40004 vip:8081 PA data=hello
it "the list of tunnels"
ipvsadm -Ln --tun-info
