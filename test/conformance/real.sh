# What only real LVS needs: its modules, and settings by sysctl.
for module in ip_vs ip_vs_{rr,wrr,lc,wlc,lblc,lblcr,dh,sh,mh,sed,nq,fo,ovf,pe_sip,ftp} xt_ipvs iptable_nat xt_tcpudp; do
  modprobe $module
done
set_ipvs() { sysctl -qw "$@"; }
get_ipvs() { sysctl -n "$1"; }
start_director() { set_ipvs net.ipv4.vs.conntrack=1; }
# The kernel waits without end for some connections (those with a persistence engine) when their namespace goes: it stays.
stop_director() { : >"/run/netns/kept-$$" && mount --bind /proc/$$/ns/net "/run/netns/kept-$$"; }
