# TCP: what each packet of a client makes of a connection, and how long it then lives.
net two-arm
start_director
balance tcp 80 rr web1

it "SYN"; state 40001 c:S
it "SYN SYN"; state 40002 c:S c:S
it "SYN SYN-ACK"; state 40003 c:S s:SA
it "SYN ACK: no answer was seen"; state 40004 c:S c:A
it "SYN FIN"; state 40005 c:S c:FA
it "SYN RST"; state 40006 c:S c:R
it "SYN SYN-ACK FIN"; state 40007 c:S s:SA c:FA
it "SYN SYN-ACK RST"; state 40008 c:S s:SA c:R
it "established"; state 40009 c:S s:SA c:A
it "established, SYN"; state 40010 c:S s:SA c:A c:S
it "established, FIN"; state 40011 c:S s:SA c:A c:FA
it "established, RST"; state 40012 c:S s:SA c:A c:R
it "established, no flags"; state 40013 c:S s:SA c:A c:P
it "the client closed, SYN"; state 40014 c:S s:SA c:A c:FA c:S
it "the client closed, FIN again"; state 40015 c:S s:SA c:A c:FA c:FA
it "the client closed, ACK"; state 40016 c:S s:SA c:A c:FA c:A
it "the client closed, RST"; state 40017 c:S s:SA c:A c:FA c:R
it "the server closed, ACK"; state 40018 c:S s:SA c:A s:FA c:A
it "the server closed, FIN"; state 40019 c:S s:SA c:A s:FA c:FA
it "the server closed, SYN"; state 40020 c:S s:SA c:A s:FA c:S
it "the server closed, RST"; state 40021 c:S s:SA c:A s:FA c:R
it "both closed, ACK"; state 40022 c:S s:SA c:A c:FA s:FA c:A
it "both closed, FIN"; state 40023 c:S s:SA c:A c:FA s:FA c:FA
it "both closed, RST"; state 40024 c:S s:SA c:A c:FA s:FA c:R
it "both closed, SYN: the port is used again"; state 40025 c:S s:SA c:A c:FA s:FA c:S
it "reset, ACK"; state 40026 c:S s:SA c:A c:R c:A
it "reset, FIN"; state 40027 c:S s:SA c:A c:R c:FA
it "reset, SYN: the port is used again"; state 40028 c:S s:SA c:A c:R c:S
it "SYN with ACK opens one as well"; state 40029 c:SA
it "SYN with FIN"; state 40030 c:SF
