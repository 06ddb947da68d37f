# One-packet scheduling: every datagram for itself.
net two-arm
start_director
ipvsadm -A -u $vip:53 -s rr -o
ipvsadm -a -u $vip:53 -r $web1:53 -m
ipvsadm -a -u $vip:53 -r $web2:53 -m
ipvsadm -A -u $vip:5353 -s rr -o
ipvsadm -a -u $vip:5353 -r $web3 -g
ipvsadm -a -u $vip:5353 -r $web4 -g
iptables -t nat -A POSTROUTING -p udp -m ipvs --vaddr $vip/32 --vport 53 -j SNAT --to-source $director

it "the first datagram"
send client udp 30000 vip:53 data=1
it "the second from the same port goes to the next server"
send client udp 30000 vip:53 data=2
it "a series from one port"
series udp 6 client:30001 vip:53 step=none
it "no connection is kept"
connections
it "the answer of a server is not translated"
send web1 udp 53 client:30000 data=answer
it "direct routing"
send client udp 30002 vip:5353 data=1
send client udp 30002 vip:5353 data=2
it "the rule of SNAT does not see it"
iptables -t nat -L POSTROUTING -nvx
it "the list"
ipvsadm -Ln
it "counters"
estimated
ipvsadm -Ln --stats
it "bare --ipvs matches, and translates the source"
iptables -t nat -F POSTROUTING
iptables -t nat -A POSTROUTING -m ipvs --ipvs -j SNAT --to-source $director
send client udp 30003 vip:53 data=3
