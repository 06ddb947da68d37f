# Firewall marks together with SNAT, and with the methods that keep the address.
net flat
start_director
iptables -t mangle -A PREROUTING -d $vip -p tcp -m multiport --dports 80,443 -j MARK --set-mark 1
iptables -t mangle -A PREROUTING -d $vip -p tcp --dport 8080 -j MARK --set-xmark 0x2/0xffffffff
iptables -t mangle -A PREROUTING -d $vip -p udp -j MARK --set-mark 3
ipvsadm -A -f 1 -s rr
ipvsadm -a -f 1 -r $web1:80 -m
ipvsadm -A -f 2 -s rr
ipvsadm -a -f 2 -r $web2 -g
ipvsadm -A -f 3 -s rr
ipvsadm -a -f 3 -r $web3 -i
iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip/32 --vport 443 -j SNAT --to-source $director
iptables -t nat -A POSTROUTING -m mark --mark 1 -j MASQUERADE

it "SNAT for a mark: by the address and port that the client asked"
send client tcp 40000 vip:443 S
it "the answer"
answer SA
it "SNAT by the mark itself"
send client tcp 40001 vip:80 S
it "and the answer of that one"
answer SA
it "a mark and direct routing"
send client tcp 40002 vip:8080 S
it "a mark and a tunnel"
send client udp 30000 vip:53 data=question
it "the rules counted"
iptables -t nat -L POSTROUTING -nvx
it "connections"
connections
