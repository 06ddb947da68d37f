# Scheduling: lblc and lblcr.
net two-arm
start_director
it "lblc: one destination for an address"
balance tcp 80 lblc web1 web2 web3
series tcp 4 client:40000 vip:80 S
it "lblcr: one destination for an address"
balance tcp 81 lblcr web1 web2 web3
series tcp 4 client:40000 vip:81 S
it "lblc: overloaded"
balance tcp 443 lblc web1=2 web2=8 web3=1
series tcp 12 client:40000 vip:443 S
it "lblcr: overloaded"
balance tcp 8080 lblcr web1=2 web2=8 web3=1
series tcp 12 client:40000 vip:8080 S
it "lblc: its server is removed"
ipvsadm -d -t $vip:80 -r $web3:80
series tcp 4 client:41000 vip:80 S
it "lblcr: its server gets weight 0"
ipvsadm -e -t $vip:81 -r $web3:81 -m -w 0
series tcp 4 client:41000 vip:81 S
