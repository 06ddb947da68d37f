# FTP, active mode: the server opens the data connection from port 20.
net two-arm
start_director
balance tcp 21 rr web1

it "the control connection"
send client tcp 40000 vip:21 S
answer SA
answer A
it "PORT passes as it is"
send client tcp 40000 vip:21 PA data=PORT_198,51,100,100,156,65\\r\\n
it "the server agrees"
answer PA data=200_ok\\r\\n
it "what is expected"
connections
it "the server opens the data connection: it comes from the virtual address"
send web1 tcp 20 client:40001 S
it "the client answers on it"
answer SA
it "data on it"
answer A
answer PA data=more by=client
it "both connections"
connections
