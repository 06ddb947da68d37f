# SNAT over IPv6: TCP, UDP, errors.
net flat
start_director
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:8080 -m
ipvsadm -A -u [$vip_6]:53 -s rr
ipvsadm -a -u [$vip_6]:53 -r [$web2_6]:53 -m
ip6tables -t nat -A POSTROUTING -m ipvs --vaddr $vip_6/128 --vport 80 -j SNAT --to-source $director_6
ip6tables -t nat -A POSTROUTING -p udp -m ipvs --vaddr $vip_6/128 -j MASQUERADE

it "a SYN"
send client tcp 40000 vip_6:80 S
it "the answer"
answer SA
it "the third packet"
answer A
it "another client with the same port"
send client2 tcp 40000 vip_6:80 S
it "the answer finds it"
answer SA
it "UDP"
send client udp 30000 vip_6:53 data=question | sed 's/udp 2001:db8::[0-9a-f]*/udp OWN/; s/udp [a-z]*_6/udp OWN/'
it "its answer"
answer data=answer
it "port unreachable by the server"
send client udp 30001 vip_6:53 data=question >/dev/null
error 1/4
it "a packet too big on the way to the client"
talk 40001 vip_6:80 c:S s:SA c:A
answer PA len=1400 by=web1
error 2/0 by=client src=router mtu=1280
it "the rules counted"
ip6tables -t nat -L POSTROUTING -nvx
it "connections"
connections
