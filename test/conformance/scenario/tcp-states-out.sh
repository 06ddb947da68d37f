# TCP: what each packet of a server makes of a connection, and how long it then lives.
net two-arm
start_director
balance tcp 80 rr web1

it "SYN, the server's SYN: simultaneous open"; state 40001 c:S s:S
it "SYN, the server's ACK alone"; state 40002 c:S s:A
it "SYN, the server's FIN"; state 40003 c:S s:FA
it "SYN, the server's RST"; state 40004 c:S s:R
it "SYN, SYN-ACK twice"; state 40005 c:S s:SA s:SA
it "SYN, SYN-ACK, RST"; state 40006 c:S s:SA s:R
it "SYN, SYN-ACK, FIN"; state 40007 c:S s:SA s:FA
it "SYN, simultaneous open, then SYN-ACKs"; state 40008 c:S s:S c:SA s:SA
it "established, SYN"; state 40009 c:S s:SA c:A s:S
it "established, FIN"; state 40010 c:S s:SA c:A s:FA
it "established, RST"; state 40011 c:S s:SA c:A s:R
it "established, ACK"; state 40012 c:S s:SA c:A s:A
it "established, no flags"; state 40013 c:S s:SA c:A s:P
it "the client closed, ACK"; state 40014 c:S s:SA c:A c:FA s:A
it "the client closed, FIN"; state 40015 c:S s:SA c:A c:FA s:FA
it "the client closed, RST"; state 40016 c:S s:SA c:A c:FA s:R
it "the client closed, SYN"; state 40017 c:S s:SA c:A c:FA s:S
it "the server closed, FIN again"; state 40018 c:S s:SA c:A s:FA s:FA
it "the server closed, ACK"; state 40019 c:S s:SA c:A s:FA s:A
it "the server closed, RST"; state 40020 c:S s:SA c:A s:FA s:R
it "the server closed, SYN"; state 40021 c:S s:SA c:A s:FA s:S
it "both closed, ACK"; state 40022 c:S s:SA c:A c:FA s:FA s:A
it "both closed, RST"; state 40023 c:S s:SA c:A c:FA s:FA s:R
it "both closed, SYN"; state 40024 c:S s:SA c:A c:FA s:FA s:S
it "reset, ACK"; state 40025 c:S s:SA c:A s:R s:A
it "reset, FIN"; state 40026 c:S s:SA c:A s:R s:FA
it "reset, SYN"; state 40027 c:S s:SA c:A s:R s:S
it "reset, RST"; state 40028 c:S s:SA c:A s:R s:R
