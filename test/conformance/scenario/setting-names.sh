# Settings by the kernel's names: reading, writing, refusing.
net two-arm
start_director

it "defaults"
for name in conn_reuse_mode expire_nodest_conn expire_quiescent_template sloppy_tcp sloppy_sctp nat_icmp_send pmtu_disc \
  schedule_icmp ignore_tunneled drop_entry drop_packet secure_tcp am_droprate cache_bypass; do
  echo "$name $(get_ipvs net.ipv4.vs.$name)"
done
it "what is written is read"
set_ipvs net.ipv4.vs.expire_nodest_conn=1 net.ipv4.vs.am_droprate=7
for name in expire_nodest_conn am_droprate; do get_ipvs net.ipv4.vs.$name; done
it "out of range: refused"
set_ipvs net.ipv4.vs.drop_entry=4 >/dev/null 2>&1 || echo refused
get_ipvs net.ipv4.vs.drop_entry
it "no number: refused"
set_ipvs net.ipv4.vs.sloppy_tcp=yes >/dev/null 2>&1 || echo refused
it "no such setting: refused"
set_ipvs net.ipv4.vs.nonsense=1 >/dev/null 2>&1 || echo refused
