#!/usr/bin/env bash
# Every case beside real LVS: npm run conformance [-- --record | --recorded] [PATTERN...]
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh test
exec node dist/test/conformance/main.js "$@"
