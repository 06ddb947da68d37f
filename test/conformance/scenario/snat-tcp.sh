# SNAT: a TCP connection from its first packet to its last, one network for all.
net flat
start_director
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $web1:8080 -m
iptables -t nat -A POSTROUTING -m ipvs --vaddr $vip/32 --vport 80 -j SNAT --to-source $director

it "a SYN reaches the server from the director's address"
send client tcp 40000 vip:80 S options=mss:1460,sack,ts:100,ws:7
it "it is a half open connection"
connections
it "the server's answer comes from the virtual address"
answer SA options=mss:1460,sack,ts:900:100,ws:7
it "still half open"
connections
it "the third packet"
answer A
it "now it is established"
connections
it "data to the server"
send client tcp 40000 vip:80 PA data=GET_/
it "data to the client"
answer PA len=1000
it "the client closes"
answer FA
it "which waits for the server to close"
connections
it "the server closes"
answer FA
it "and both are done"
connections
it "the last packet"
answer A
it "counters of the service and the server"
estimated
ipvsadm -Ln --stats
it "the rule counted the connection once"
iptables -t nat -L POSTROUTING -nvx
it "the list of servers"
ipvsadm -Ln
