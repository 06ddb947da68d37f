#!/usr/bin/env bash
# Measure, print a table and write it as JSON: npm run bench
set -euo pipefail
"$(dirname "$0")/prepare.sh" bench
exec node "$(dirname "$0")/../dist/bench/main.js" "$@"
