# Real servers on the director itself.
net flat
start_director
"$node" -e 'for (const port of [80, 8080]) require("net").createServer().listen({ host: "'$vip'", port })
  require("net").createServer().listen({ host: "'$director'", port: 8081 })
  setTimeout(() => process.exit(), 60000)' &
listener=$!
sleep 1
ipvsadm -A -t $vip:80 -s rr
ipvsadm -a -t $vip:80 -r $vip:80 -g
ipvsadm -A -t $vip:81 -s rr
ipvsadm -a -t $vip:81 -r $director:8081 -m
ipvsadm -A -t $vip:443 -s rr
ipvsadm -a -t $vip:443 -r 127.0.0.1:80 -m
ipvsadm -A -t $vip:8080 -s rr
ipvsadm -a -t $vip:8080 -r $director -i

numbers() { sed -E 's/seq=[0-9]+/seq=N/; s/win=[0-9]+/win=N/; s/ options=[0-9a-f]+//'; }

it "direct routing to an address of the director: its own stack answers"
send client tcp 40000 vip:80 S options=mss:1460 | numbers
it "its state"
connection 40000
it "and the client's next packet"
talk 40000 vip:80 c:A
connection 40000
it "masquerading to another address and port of the director"
send client tcp 40001 vip:81 S options=mss:1460 | numbers
it "the state of that one"
connection 40001
it "a loopback address is not for clients from outside"
send client tcp 40002 vip:443 S
it "a tunnel to oneself is no tunnel"
send client tcp 40003 vip:8080 S options=mss:1460 | numbers
it "how they are listed"
listed
kill $listener
