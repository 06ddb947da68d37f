# SNAT: which source port a server sees.
net flat
start_director
balance tcp 80 rr web1 web2
snat 80
balance tcp 8080 rr web3
iptables -t nat -A POSTROUTING -p tcp -m ipvs --vaddr $vip/32 --vport 8080 -j SNAT --to-source $director:33000-33001
balance udp 53 rr web3
iptables -t nat -A POSTROUTING -p udp -m ipvs --vaddr $vip/32 --vport 53 -j MASQUERADE

it "the client's own port"
send client tcp 40000 vip:80 S
it "the same port of another client, at another server"
send client2 tcp 40000 vip:80 S
it "the same port of a third client at a server that has it: another one above 1023"
send client3 tcp 40000 vip:80 S
it "the answer finds the third client"
answer SA
it "and so does every later packet"
answer A
it "a port below 512"
send client tcp 300 vip:80 S
send client2 tcp 301 vip:80 S
it "taken: another one below 512"
send client3 tcp 300 vip:80 S
it "a port between 512 and 1023"
send client tcp 700 vip:80 S
send client2 tcp 701 vip:80 S
it "taken: another one between"
send client3 tcp 700 vip:80 S
it "a range of ports: a port of it"
send client tcp 40000 vip:8080 S | sed 's/director:3300[01]/director:IN-RANGE/; s/director:>1023/director:IN-RANGE/'
it "a port that lies in the range is kept"
send client2 tcp 33001 vip:8080 S | sed 's/director:3300[01]/director:IN-RANGE/; s/director:>1023/director:IN-RANGE/'
it "a range that is used up: no packet goes out"
send client3 tcp 40001 vip:8080 S
it "MASQUERADE takes the address of the device"
send client udp 30000 vip:53 data=a
it "MASQUERADE: the answer finds its way"
answer data=b
it "the rules counted each connection once"
iptables -t nat -L POSTROUTING -nvx
