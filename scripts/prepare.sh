#!/usr/bin/env bash
# Everything a fresh Debian 12 with Node 20 and npm needs before `npm run demo`, `npm test` or `npm run bench`:
# Debian packages, npm packages, the compiled programs. Does only what is missing, and says so in a line.
#   prepare.sh demo|test|bench
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

say() { printf '%s\n' "fullnat: $*" >&2; }
fail() { say "$@"; exit 1; }

# Program and the package it comes in.
declare -A package=([ip]=iproute2 [curl]=curl [iperf3]=iperf3 [nft]=nftables [ping]=iputils-ping [vsftpd]=vsftpd [wrk]=wrk [ipvsadm]=ipvsadm [ldirectord]=ldirectord [nginx]=nginx-light
  [haproxy]=haproxy
  [redis-server]=redis-server [dnsmasq]=dnsmasq-base [mariadbd]=mariadb-server-core [my_print_defaults]=mariadb-client-core
  [dovecot]=dovecot-imapd [slapd]=slapd [freeradius]=freeradius [aiosmtpd]=python3-aiosmtpd [socat]=socat
  [clang]=clang [llvm-strip]=llvm [promtool]=prometheus [openssl]=openssl [chromium]=chromium)
case ${1:-} in
  demo) programs=(ip curl) ;;
  test) programs=(ip curl iperf3 nft ping wrk ipvsadm ldirectord vsftpd clang llvm-strip promtool openssl chromium
    redis-server dnsmasq mariadbd my_print_defaults dovecot slapd freeradius aiosmtpd socat) ;;
  bench) programs=(ip curl iperf3 nft wrk nginx haproxy) ;;
  *) fail "usage: prepare.sh demo|test|bench" ;;
esac

node_major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || fail "Node.js 20 or newer is needed, with npm: https://nodejs.org"
((node_major >= 20)) || fail "Node.js 20 or newer is needed, this is $(node --version)"

missing=()
for program in "${programs[@]}"; do
  command -v "$program" >/dev/null || missing+=("${package[$program]}")
done
# Headers and modules, which no program shows.
[[ ${1:-} != test || -e /usr/include/bpf/bpf_helpers.h ]] || missing+=(libbpf-dev)
[[ ${1:-} != test || -e /usr/lib/dovecot/pop3 ]] || missing+=(dovecot-pop3d)
[[ ${1:-} != test || -e /usr/lib/postgresql/15/bin/postgres ]] || missing+=(postgresql-15)
[[ ${1:-} != bench || -e /usr/lib/nginx/modules/ngx_stream_module.so ]] || missing+=(libnginx-mod-stream)
if ((${#missing[@]})); then
  ((EUID == 0)) || fail "missing Debian packages; type: sudo apt-get install ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  # Servers that come with a package (nginx, prometheus) are started in namespaces only: here they must not begin to listen.
  policy=/usr/sbin/policy-rc.d
  if [[ ! -e $policy ]]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"
  fi
  install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}")
  "${install[@]}" >/dev/null 2>&1 || { apt-get update -qq >&2 && "${install[@]}" >/dev/null; } ||
    fail "apt-get could not install: ${missing[*]}"
fi

if [[ ! node_modules/.package-lock.json -nt package-lock.json ]]; then
  say "installing npm packages (npm ci)"
  npm ci --loglevel=error --update-notifier=false --no-audit --no-fund >/dev/null || fail "npm ci failed"
fi

# A folder is newer too when a file in it was deleted. What was compiled from a deleted source goes.
sources=(src web test bench bin scripts package.json tsconfig.json)
if [[ ! -e dist/.built || -n $(find "${sources[@]}" -newer dist/.built -print -quit) ]]; then
  say "compiling"
  mkdir -p dist && touch dist/.building
  find dist -name '*.js' -path 'dist/*/*' | while read -r compiled; do
    source=${compiled#dist/}
    [[ -e ${source%.js}.ts ]] || rm -f "$compiled" "$compiled.map"
  done
  node scripts/build.mjs >&2 || fail "the build failed"
  mv dist/.building dist/.built
fi
