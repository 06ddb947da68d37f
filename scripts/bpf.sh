#!/usr/bin/env bash
# Builds the BPF program after the compiler (bpf/layout.h comes from its output). The object is committed: users need
# neither clang nor this.
#   bpf.sh [FOLDER]      layout.h and fullnat.bpf.o go there instead of bpf/
set -euo pipefail
cd "$(dirname "$0")/.."
to=$(realpath "${1:-bpf}")
node scripts/bpf-layout.mjs "$to/layout.h"
# One object whatever folder it is built in: no debug information but BTF, whose line information names files.
clang -O2 -g -Wall -Werror -mcpu=v3 -target bpf -fdebug-prefix-map="$PWD=." -fdebug-prefix-map="$to=bpf" \
  -I"$to" -iquote "$to" -I/usr/include/"$(uname -m)"-linux-gnu -c bpf/fullnat.bpf.c -o "$to/fullnat.bpf.o"
llvm-strip -g "$to/fullnat.bpf.o"
