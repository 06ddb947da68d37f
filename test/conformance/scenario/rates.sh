# Rates: LVS's estimator, tick by tick.
net two-arm
start_director
balance udp 53 rr web1

# A tick is when the counters that are shown change.
tick() {
  local before=$(ipvsadm -Ln --stats -u $vip:53) end=$((SECONDS + 5))
  while ((SECONDS < end)) && [[ $(ipvsadm -Ln --stats -u $vip:53) == "$before" ]]; do :; done
}

series udp 1 client:30000 vip:53 >/dev/null
tick
burst udp 40 client:31000 vip:53 len=172 >/dev/null
tick
it "at the first tick after 40 connections of 200 bytes"
ipvsadm -Ln --rate
it "a tick later"
sleep 2
ipvsadm -Ln --rate
it "two ticks later"
sleep 2
ipvsadm -Ln --rate
it "exact"
ipvsadm -Ln --rate --exact
it "after zeroing"
ipvsadm -Z
ipvsadm -Ln --rate
