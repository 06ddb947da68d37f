#!/usr/bin/env bash
# play.sh real|fullnat QUIET_MS SCENARIO...: run scenarios, each in network namespaces of its own, and print their cases.
# Needs a /run/netns of its own: a laboratory's (lab.ts), or real-lvs's machine.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export LC_ALL=C system=$1 quiet_ms=$2 here node=${NODE:-node} outside=$here/../../dist/test/conformance/outside/main.js
shift 2
play() {
  unshare --net bash -c '
    ip link set lo up; machines=0; neighbours=
    . "$here/stage.sh"; . "$here/$system.sh"; . "$1"
    stop_director' "$1" "$1" 2>&1
  ip netns delete outside
}
for scenario in "$@"; do
  printf '=== %s\n' "$(basename "$scenario" .sh)"
  play "$scenario"
done
