# Persistence: a client stays with its server.
net two-arm
start_director
balance tcp 80 rr web1 web2 web3
ipvsadm -E -t $vip:80 -s rr -p 600
balance udp 53 rr web1 web2 web3
ipvsadm -E -u $vip:53 -s rr -p 300 -M 255.255.255.240
balance tcp 81 rr web1 web2
ipvsadm -E -t $vip:81 -s rr -p 600

it "TCP: all connections of one client"
series tcp 4 client:40000 vip:80 S
it "TCP: another client, another server"
series tcp 3 client2:40000 vip:80 S
it "TCP: a third"
series tcp 2 client3:40000 vip:80 S
it "a template is listed, without a port"
connections | grep ":0 "
it "a template is assured once a connection is established"
talk 40100 vip:80 c:S s:SA c:A
connections | grep "$client:0 "
it "UDP: clients of one network stay together"
series udp 24 10.10.0.2:30000 vip:53 by=router step=address
it "UDP: their templates"
connections | grep ":0 "
it "persistent connections by server"
ipvsadm -Ln --persistent-conn
it "its server gets weight 0: the client stays"
talk 40200 vip:81 c:S
ipvsadm -e -t $vip:81 -r $web2:81 -m -w 0
series tcp 3 client:40201 vip:81 S
it "its server gets weight 0: others do not come"
series tcp 2 client2:40201 vip:81 S
it "its server is removed: the client moves"
ipvsadm -d -t $vip:81 -r $web2:81
series tcp 2 client:40301 vip:81 S
it "list of the services"
ipvsadm -Ln -t $vip:80
it "saved"
ipvsadm -Sn
