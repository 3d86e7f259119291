#!/usr/bin/env bash
# token.sh FILE: make Ray's token, readable by its owner alone, unless it is there.
set -euo pipefail
umask 077
mkdir -p "$(dirname "$1")"
[ -s "$1" ] || head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' > "$1"
chmod 600 "$1"
