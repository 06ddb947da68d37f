# FTP with SNAT: both modes on one network.
net flat
start_director
balance tcp 21 rr web1
iptables -t nat -A POSTROUTING -p tcp -m ipvs --vaddr $vip/32 --vport 21 -j SNAT --to-source $director
iptables -t nat -A POSTROUTING -p tcp -m ipvs --vaddr $vip/32 --vportctl 21 -j SNAT --to-source $director

it "the control connection"
send client tcp 40000 vip:21 S
answer SA
answer A
it "PASV passes"
answer PA "data=220_welcome\\r\\n" by=web1
answer PA "data=PASV\\r\\n"
it "227 names the virtual address"
answer PA "data=227_Entering_Passive_Mode_(192,0,2,21,195,80)\\r\\n" by=web1
it "the data connection comes from the director"
send client tcp 40001 vip:50000 S
it "and its answer"
answer SA
it "PORT"
send client tcp 40000 vip:21 PA data=PORT_192,0,2,100,156,66\\r\\n
it "the rules counted"
iptables -t nat -L POSTROUTING -nvx
it "connections"
connections
