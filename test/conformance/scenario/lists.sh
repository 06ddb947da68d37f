# Lists and messages with traffic behind them.
net two-arm
start_director
balance tcp 80 wlc web1=3 web2=2
balance udp 53 sh web1
ipvsadm -E -u $vip:53 -s sh -b sh-fallback,sh-port
ipvsadm -A -t [$vip_6]:443 -s rr -p 300 -M 64
ipvsadm -a -t [$vip_6]:443 -r [$web1_6]:443 -m -w 5 -x 100 -y 10
talk 40000 vip:80 c:S s:SA c:A
talk 40001 vip:80 c:S s:SA c:A

it "all"
ipvsadm -Ln
it "one service"
ipvsadm -Ln -t $vip:80
it "thresholds"
ipvsadm -Ln --thresholds
it "persistent connections"
ipvsadm -Ln --persistent-conn
it "statistics, before the first estimate or after"
estimated
ipvsadm -Ln --stats
it "tunnels"
ipvsadm -Ln --tun-info
it "saved"
ipvsadm -Sn
it "timeouts"
ipvsadm -Ln --timeout
it "connections"
ipvsadm -Lnc | head -2
connections
it "no such service"
ipvsadm -Ln -t $vip:81
it "conflicting words"
ipvsadm -Lnc --stats
it "the order without sorting of servers"
ipvsadm -Ln --nosort -t $vip:80
it "saved, cleared and restored"
ipvsadm -Sn >"${TMPDIR:-/tmp}/saved.$$"; ipvsadm -C; ipvsadm -R <"${TMPDIR:-/tmp}/saved.$$"; ipvsadm -Ln
rm "${TMPDIR:-/tmp}/saved.$$"
