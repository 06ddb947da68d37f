# Services by firewall mark.
net two-arm
start_director
iptables -t mangle -A PREROUTING -d $vip -p tcp --dport 80 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -d $vip -p tcp --dport 443 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -d $vip2 -p udp --dport 53 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -d $vip -p tcp --dport 8080 -j MARK --set-mark 2
iptables -t mangle -A PREROUTING -s $client3 -d $vip2 -p tcp -j MARK --set-mark 3
ipvsadm -A -f 1 -s rr
ipvsadm -a -f 1 -r $web1:0 -m
ipvsadm -a -f 1 -r $web2:0 -m
ipvsadm -A -f 2 -s rr
ipvsadm -a -f 2 -r $web3:8081 -m
ipvsadm -A -f 3 -s rr -p 600
ipvsadm -a -f 3 -r $web1:8080 -m
ipvsadm -a -f 3 -r $web2:8080 -m

it "a marked packet is balanced; the port is the client's"
send client tcp 40000 vip:80 S
it "the answer comes from where the client asked"
answer SA
it "another port of the same mark, the next server"
send client tcp 40001 vip:443 S
it "another address and protocol of the same mark"
send client udp 30000 vip2:53 data=question
it "and its answer"
answer data=answer
it "a service of a mark may have servers with a port of their own"
send client tcp 40002 vip:8080 S
it "and the answer of that one"
answer SA
it "an unmarked packet is the host's"
send client tcp 40003 vip:81 S
it "persistence covers all that bears the mark"
send client3 tcp 40000 vip2:80 S
send client3 tcp 40001 vip2:443 S
send client3 tcp 40002 vip2:9 S
it "its template has the mark for an address"
connections | grep -e 0.0.0.3 -e 192.0.2.2.:0
it "another client is not marked"
send client2 tcp 40000 vip2:80 S
it "connections"
connections
it "the list"
ipvsadm -Ln
it "the list of one"
ipvsadm -Ln -f 2
it "saved"
ipvsadm -Sn
it "the rules of the mangle table counted every packet"
iptables -t mangle -L PREROUTING -nvx
it "the rules of the mangle table"
iptables -t mangle -S
it "counters"
estimated
ipvsadm -Ln --stats
