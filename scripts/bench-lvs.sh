#!/usr/bin/env bash
# Real LVS-SNAT against fullnat, both on one kernel in one run: npm run bench:lvs [-- --rounds N --seconds N --reuse-seconds N]
# The kernel is the oracle's (../shared/oracle/real-lvs): emulated, so that ratios count and single figures do not.
set -euo pipefail
cd "$(dirname "$0")/.."
oracle=$PWD/../shared/oracle/real-lvs
[[ -x $oracle ]] || { echo "fullnat: no $oracle: it has the kernel with IPVS" >&2; exit 1; }
scripts/prepare.sh bench
command -v qemu-system-x86_64 >/dev/null || "$oracle" --install
mkdir -p dist/lvs
guest='mkdir -p /run/netns /run/lock && modprobe -a tun veth bridge pktgen ip_vs ip_vs_rr xt_ipvs sch_ingress cls_bpf cls_flower act_gact &&
  exec node dist/bench/lvs.js --json "$OUT/lvs.json" "$@"'
CPUS=${CPUS:-2} MEM=${MEM:-4G} SECONDS_MAX=${SECONDS_MAX:-2400} OUT=$PWD/dist/lvs "$oracle" - "$@" <<<"$guest"
