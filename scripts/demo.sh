#!/usr/bin/env bash
# The LVS-SNAT article on real packets, in network namespaces: npm run demo [-- --keep | --down | --on HOST [COMMAND...]]
set -euo pipefail
"$(dirname "$0")/prepare.sh" demo
exec node "$(dirname "$0")/../dist/test/netns/demo.js" "$@"
