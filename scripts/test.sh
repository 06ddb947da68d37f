#!/usr/bin/env bash
# Everything that CI runs: lint, import directions, compiler, unit tests, and end-to-end tests in network namespaces.
#   npm test                     all of it
#   npm test -- PATTERN...       only the test files whose path contains one of the patterns
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/prepare.sh test
echo 'fullnat: lint' >&2
node_modules/.bin/biome check --error-on-warnings --diagnostic-level=warn .
node scripts/import-directions.mjs

patterns=("${@:-.test.js}")
mapfile -t files < <(find dist -name '*.test.js' | grep -F "${patterns[@]/#/-e}" | sort)
((${#files[@]})) || { echo "fullnat: no test file matches $*" >&2; exit 1; }
# Two files at a time: their networks are private, but what they time would suffer from more.
exec node --test --test-concurrency=2 --test-timeout=300000 --test-reporter=spec "${files[@]}"
