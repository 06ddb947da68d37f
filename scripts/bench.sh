#!/usr/bin/env bash
# Measure, print a table and write it as JSON: npm run bench
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh bench
exec node dist/bench/main.js "$@"
