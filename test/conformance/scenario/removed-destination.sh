# A server is taken away while it has connections, and comes back.
net two-arm
start_director
balance tcp 80 rr web1 web2

it "two connections, one on each"
talk 40000 vip:80 c:S s:SA c:A
talk 40001 vip:80 c:S s:SA c:A
listed
it "quiesced: an old connection goes on"
ipvsadm -e -t $vip:80 -r $web1:80 -m -w 0
send client tcp 40001 vip:80 PA data=a
it "quiesced: new ones go to the other"
series tcp 4 client:41000 vip:80 S
it "removed: what its client sends is dropped"
ipvsadm -d -t $vip:80 -r $web1:80
send client tcp 40001 vip:80 PA data=b
it "removed: what the server sends still goes through"
send web1 tcp 80 client:40001 PA data=c seq=5001
it "removed: the connections are still listed"
connections | grep :40001
it "back again: the old connection goes on"
ipvsadm -a -t $vip:80 -r $web1:80 -m
send client tcp 40001 vip:80 PA data=d
it "back again: it has its connections"
listed
it "the service is removed, another is left: packets of its connections are dropped"
balance tcp 81 rr web4
ipvsadm -D -t $vip:80
send client tcp 40000 vip:80 PA data=e
it "the last service is removed: the host answers"
ipvsadm -D -t $vip:81
send client tcp 40000 vip:80 PA data=e
it "the service is removed: a new connection is the host's business"
send client tcp 42000 vip:80 S
it "the service is back, with its server: the old connection goes on"
balance tcp 80 rr web1 web2
send client tcp 40000 vip:80 PA data=f
it "everything is cleared: connections stay listed"
ipvsadm -C
connections | grep -e :4000
