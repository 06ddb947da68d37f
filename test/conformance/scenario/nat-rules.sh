# The nat table under traffic: which rule a connection meets, and what is counted.
net flat
start_director
balance tcp 80 rr web1
balance tcp 81 rr web1
balance tcp 443 rr web2
balance tcp 8080 rr web2
balance tcp 8081 rr web3
balance udp 53 rr web3
iptables -t nat -N OTHERS
iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip/32 --vport 80 --vmethod MASQ --vdir ORIGINAL -j SNAT --to-source $director
iptables -t nat -A POSTROUTING -m ipvs --vport 81 --vdir REPLY -j SNAT --to-source $vip2
iptables -t nat -A POSTROUTING -m ipvs ! --vaddr $vip/32 -j SNAT --to-source $vip2
iptables -t nat -A POSTROUTING -m ipvs --vmethod GATE -j SNAT --to-source $vip2
iptables -t nat -A POSTROUTING -m ipvs --vproto udp -j SNAT --to-source $vip2
iptables -t nat -A POSTROUTING -p tcp -d $web2 --dport 443 -j SNAT --to-source $director
iptables -t nat -A POSTROUTING -s $client2 -p tcp --dport 8080 -j RETURN
iptables -t nat -A POSTROUTING -m ipvs --ipvs -j OTHERS
iptables -t nat -A OTHERS -p tcp --dport 81 -j ACCEPT
iptables -t nat -A OTHERS -p tcp -o eth0 -j MASQUERADE

it "by virtual address, port, method and direction"
send client tcp 40000 vip:80 S
it "REPLY and other methods never match"
send client tcp 40001 vip:81 S
it "by protocol"
send client udp 30000 vip:53 data=x
it "by the server's address and port"
send client tcp 40002 vip:443 S
it "returned for one client"
send client2 tcp 40003 vip:8080 S
it "a chain of one's own for the rest"
send client tcp 40004 vip:8081 S
it "later packets do not count"
answer SA
answer A
it "what was counted"
iptables -t nat -L -nvx
it "zeroed"
iptables -t nat -Z
send client tcp 40005 vip:80 S >/dev/null
iptables -t nat -L POSTROUTING -nvx
it "saved with counters"
iptables-save -c -t nat | grep -v '^#'
it "a rule that is added does not change what is connected"
talk 40010 vip:80 c:S s:SA c:A
iptables -t nat -I POSTROUTING -m ipvs --vport 80 -j SNAT --to-source $vip2
send client tcp 40010 vip:80 PA data=x
it "and is met by what comes after"
send client tcp 40006 vip:80 S
it "a rule that is deleted leaves its connections"
talk 40011 vip:80 c:S s:SA c:A
iptables -t nat -D POSTROUTING 1
send client tcp 40011 vip:80 PA data=x
it "what matches no rule keeps its address"
iptables -t nat -F POSTROUTING
send client tcp 40007 vip:80 S
