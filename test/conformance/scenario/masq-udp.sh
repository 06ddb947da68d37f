# masq and SNAT: UDP, with and without checksums, and both ways.
net two-arm
start_director
balance udp 53 rr web1
balance udp 5353 rr web2
iptables -t nat -A POSTROUTING -p udp -m ipvs --vport 5353 -j SNAT --to-source $director

it "a datagram reaches the server"
send client udp 30000 vip:53 data=question
it "the answer comes from the virtual address"
answer data=answer
it "the state of UDP"
connections
it "the same connection is used again"
send client udp 30000 vip:53 data=again
it "another port is another connection"
send client udp 30001 vip:53 data=other
it "a datagram without a checksum stays without"
send client udp 30002 vip:53 data=none sum=none
it "its answer without a checksum, too"
answer data=none sum=none
it "an empty datagram"
send client udp 30003 vip:53
it "with SNAT the server sees the director"
send client udp 30004 vip:5353 data=question
it "with SNAT the client sees the virtual address"
answer data=answer
it "with SNAT a datagram without a checksum stays without"
send client udp 30005 vip:5353 data=none sum=none
it "a large datagram"
send client udp 30006 vip:53 len=1400
it "what was counted as inactive"
listed
it "counters"
estimated
ipvsadm -Ln --stats
