# The persistence engine sip: a call stays with its server.
net two-arm
start_director
ipvsadm -A -u $vip:53 -s rr -p 600 --pe sip
ipvsadm -a -u $vip:53 -r $web1:53 -m
ipvsadm -a -u $vip:53 -r $web2:53 -m

it "a call"
send client udp 30000 vip:53 "data=INVITE_sip:a@b\r\nCall-ID:_one@host\r\n\r\n"
it "the same call from another port"
send client udp 30001 vip:53 "data=INVITE_sip:a@b\r\nCall-ID:_one@host\r\n\r\n"
it "the same call from another client"
send client2 udp 30002 vip:53 "data=INVITE_sip:a@b\r\nCall-ID:_one@host\r\n\r\n"
it "another call from the first client"
send client udp 30003 vip:53 "data=INVITE_sip:a@b\r\nCall-ID:_two@host\r\n\r\n"
it "no call: dropped"
send client udp 30004 vip:53 "data=hello"
it "the list of templates has the call"
ipvsadm -Lnc --persistent-conn | sed 1,2d | sort | sed -E 's/ [0-9:]+ +/ /' | grep ":0 "
it "the list"
ipvsadm -Ln
