# masq: TCP between two networks, the director being the servers' gateway; the server closes first; resets.
net two-arm
start_director
balance tcp 80 rr web1

it "the server sees the client's own address"
send client tcp 40000 vip:80 S win=1234 tos=16
it "the client sees the virtual address"
answer SA win=4321 tos=8
it "the third packet carries data"
answer A data=hello
it "the server closes"
answer by=web1 FA
it "a state of its own for that"
connections
it "the client closes too"
answer FA
it "then the connection waits"
connections
it "a reset by the client reaches the server"
talk 40001 vip:80 c:S s:SA c:A
send client tcp 40001 vip:80 R
it "and closes the connection"
connection 40001
it "a reset by the server reaches the client"
talk 40002 vip:80 c:S s:SA c:A
answer by=web1 RA
it "and closes it as well"
connection 40002
it "a closed port: the server's reset comes from the virtual address"
send client tcp 40003 vip:80 S
answer RA
it "a closed port leaves a closed connection"
connection 40003
it "urgent and push flags, and ECN's, go through"
talk 40004 vip:80 c:S s:SA c:A
send client tcp 40004 vip:80 PAUEW data=x tos=3
it "options in the middle of a connection go through"
send client tcp 40004 vip:80 A options=ts:1:2
it "a large segment"
send client tcp 40004 vip:80 A len=1460
it "a damaged checksum is not made right"
send client tcp 40004 vip:80 A data=y sum=wrong
