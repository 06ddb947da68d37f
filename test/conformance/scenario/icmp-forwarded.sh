# ICMP that is nobody's but the host's, while a service masquerades: forwarded as ever.
net two-arm
start_director
balance tcp 80 rr web1
ipvsadm -A -t [$vip_6]:80 -s rr
ipvsadm -a -t [$vip_6]:80 -r [$web1_6]:80 -m

it "a ping to a real server"
send client echo web1
it "a ping from a real server"
send web1 echo client
it "a ping to the virtual address"
send client echo vip
it "a ping to the director"
send web1 echo director
it "a ping whose time to live ends here"
send client echo web1 ttl=1
it "an error about a packet of no connection is forwarded"
send client udp 30000 web1:99 data=x
error 3/3
it "IPv6: an error about a packet of no connection is forwarded"
send client udp 30000 web1_6:99 data=x
error 1/4
it "a parameter problem about such a packet"
send client udp 30001 web1:99 data=x
error 12/0
it "a server behind the director answers a stranger's segment"
send client tcp 40000 web1:99 S
answer RA
