# Rates: LVS's estimator, tick by tick.
net two-arm
start_director
balance udp 53 rr web1

# A tick is when the rates that are shown change.
rate=
tick() {
  local before=$rate end=$((SECONDS + 8))
  while rate=$(ipvsadm -Ln --rate) && [[ $rate == "$before" ]] && ((SECONDS < end)); do :; done
}

rate=$(ipvsadm -Ln --rate)
burst udp 8 client:30000 vip:53 len=1372 >/dev/null
tick
burst udp 8 client:31000 vip:53 len=1372 >/dev/null
tick
it "at the first tick after 8 connections of 1400 bytes"
echo "$rate"
it "a tick later"
tick
echo "$rate"
it "two ticks later"
tick
echo "$rate"
it "exact"
ipvsadm -Ln --rate --exact
it "after zeroing"
ipvsadm -Z
ipvsadm -Ln --rate
