# Scheduling: sh, dh and mh, with their flags.
net two-arm
start_director

it "sh: by the client's address"
balance udp 53 sh web1 web2 web3
series udp 40 10.10.0.2:30000 vip:53 by=router step=address
it "sh: weights 3 1 1"
balance udp 80 sh web1=3 web2 web3
series udp 40 10.10.0.2:30000 vip:80 by=router step=address
it "sh: a weight of 0"
balance udp 81 sh web1 web2=0 web3
series udp 40 10.10.0.2:30000 vip:81 by=router step=address
it "sh: fallback"
balance udp 443 sh web1 web2=0 web3
ipvsadm -E -u $vip:443 -s sh -b sh-fallback
series udp 40 10.10.0.2:30000 vip:443 by=router step=address
it "sh: by address and port"
balance udp 8080 sh web1 web2 web3
ipvsadm -E -u $vip:8080 -s sh -b sh-port
series udp 40 10.10.0.2:30000 vip:8080 by=router
it "sh: fallback by address and port"
balance udp 8081 sh web1 web2=0 web3
ipvsadm -E -u $vip:8081 -s sh -b sh-port,sh-fallback
series udp 40 10.10.0.2:30000 vip:8081 by=router
it "sh: for TCP, by address and port"
balance tcp 8080 sh web1 web2 web3
ipvsadm -E -t $vip:8080 -s sh -b sh-port
series tcp 20 10.10.0.2:30000 vip:8080 S by=router
it "dh: by the virtual address, whatever the client"
balance udp 9 dh web1 web2 web3
series udp 6 10.10.0.2:30000 vip:9 by=router step=address
it "dh: another virtual address"
ipvsadm -A -u $vip2:9 -s dh
for n in 1 2 3; do server=web$n; ipvsadm -a -u $vip2:9 -r ${!server}:9 -m; done
series udp 3 10.10.0.2:30000 vip2:9 by=router step=address
it "dh: its server has weight 0"
for n in 1 2 3; do server=web$n; ipvsadm -e -u $vip2:9 -r ${!server}:9 -m -w 0; done
series udp 2 10.10.0.9:30000 vip2:9 by=router step=address
it "mh: by the client's address"
balance udp 5353 mh web1 web2 web3
series udp 40 10.10.0.2:30000 vip:5353 by=router step=address
it "mh: weights 3 1 1"
balance tcp 53 mh web1=3 web2 web3
series tcp 40 10.10.0.2:30000 vip:53 S by=router step=address
it "mh: by address and port"
balance tcp 80 mh web1 web2 web3
ipvsadm -E -t $vip:80 -s mh -b mh-port
series tcp 40 10.10.0.2:30000 vip:80 S by=router
it "mh: a weight of 0"
balance tcp 81 mh web1 web2 web3
ipvsadm -e -t $vip:81 -r $web2:81 -m -w 0
series tcp 30 10.10.0.2:30000 vip:81 S by=router step=address
it "mh: fallback"
balance tcp 443 mh web1 web2 web3
ipvsadm -E -t $vip:443 -s mh -b mh-fallback
ipvsadm -e -t $vip:443 -r $web2:443 -m -w 0
series tcp 30 10.10.0.2:30000 vip:443 S by=router step=address
it "mh: a server joins"
ipvsadm -a -u $vip:5353 -r $web4:5353 -m
series udp 40 10.10.1.2:30000 vip:5353 by=router step=address
it "sh over IPv6"
ipvsadm -A -u [$vip_6]:53 -s sh
for n in 1 2 3; do server=web${n}_6; ipvsadm -a -u [$vip_6]:53 -r [${!server}]:53 -m; done
series udp 20 [2001:db8:5::2]:30000 vip_6:53 by=router step=address
it "mh over IPv6"
ipvsadm -A -u [$vip_6]:80 -s mh
for n in 1 2 3; do server=web${n}_6; ipvsadm -a -u [$vip_6]:80 -r [${!server}]:80 -m; done
series udp 20 [2001:db8:5::2]:30000 vip_6:80 by=router step=address
