# Rates: what --rate shows of LVS's estimator, which looks every two seconds and believes a fourth of what is new.
net two-arm
start_director
balance udp 53 rr web1 web2
balance tcp 80 rr web1
packets_in() { ipvsadm -Ln --stats -u $vip:53 | awk '$1 == "UDP" { print $4 }'; }

# looked_at PACKETS: until the estimator has just looked, and so many packets have been counted.
looked_at() {
  local i; for i in {1..60}; do (($(packets_in) == $1)) && return; sleep 0.05; done
  echo "still $(packets_in) packets"
}

it "before anything came"
ipvsadm -Ln --rate
it "one connection of one packet"
send client udp 30000 vip:53 data=1234
looked_at 1
ipvsadm -Ln --rate
it "ten more at once: the first look"
ipvsadm -Z
send client udp 30000 vip:53 data=1234
looked_at 1
burst udp 10 client:31000 vip:53 data=12345678
looked_at 11
ipvsadm -Ln --rate
it "one service"
ipvsadm -Ln --rate -u $vip:53
it "exact"
ipvsadm -Ln --rate --exact -u $vip:53
it "rates and sorting"
ipvsadm -Ln --rate --sort | tail -n +4 | wc -l
it "rates and statistics do not go together"
ipvsadm -Ln --rate --stats 2>&1 | head -4
it "rates and connections do not go together"
ipvsadm -Lnc --rate 2>&1 | head -2
it "a service that is not there"
ipvsadm -Ln --rate -t $vip:81 2>&1
it "zeroed: rates are gone, too"
ipvsadm -Z
ipvsadm -Ln --rate
