#!/usr/bin/env bash
# The LVS-SNAT article on real packets, in network namespaces: npm run demo [-- --keep | --down | --on HOST [COMMAND...]]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh demo
exec node dist/test/netns/demo.js "$@"
