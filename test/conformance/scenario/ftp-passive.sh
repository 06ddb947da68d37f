# FTP, passive mode: the server's address in its answer is the virtual one, and the data connection is found.
net two-arm
start_director
balance tcp 21 rr web1

it "the control connection"
send client tcp 40000 vip:21 S
answer SA
answer A
it "a greeting passes"
answer PA data=220_welcome\\r\\n
it "PASV passes"
answer PA data=PASV\\r\\n
it "227 names the virtual address"
answer PA "data=227_Entering_Passive_Mode_(192,0,2,21,195,80)\\r\\n"
it "the connection that is expected"
connections
it "the client's acknowledgement is moved back by what the text has grown"
answer A
it "the client opens the data connection"
send client tcp 40001 vip:50000 S
it "the server's answer on it"
answer SA
it "data on it"
answer A
answer PA data=file by=web1
it "both connections"
connections
it "the control connection goes on: from the client"
send client tcp 40000 vip:21 PA data=QUIT\\r\\n
it "the control connection goes on: from the server"
answer PA data=221_bye\\r\\n
it "EPSV: only a port in the answer"
send client tcp 40000 vip:21 PA data=EPSV\\r\\n
answer PA "data=229_Entering_Extended_Passive_Mode_(|||50001|)\\r\\n"
send client tcp 40002 vip:50001 S
it "a data connection that nobody announced"
send client tcp 40003 vip:50002 S
it "the list"
listed
