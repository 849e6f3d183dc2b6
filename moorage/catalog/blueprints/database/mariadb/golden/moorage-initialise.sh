#!/bin/bash
# moorage-initialise.sh DIRECTORY [OPTION…]: make a data directory without accounts.
# The database "__moorage_accounts_pending" in it tells the entrypoint to make them.
set -euo pipefail
directory=$1
shift

statements=$(mktemp)
log=$(mktemp)
{
  # Passwordless, and nobody would ever set their passwords.
  echo "DELETE FROM mysql.global_priv WHERE User = 'root' AND Host <> 'localhost';"
  echo "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost';"
  # Named time zones work in the official image too.
  if [[ -d /usr/share/zoneinfo ]]; then
    mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2>/dev/null
  fi
} >"$statements"

mariadb-install-db --datadir="$directory" --auth-root-authentication-method=normal \
  --skip-test-db --skip-log-bin --extra-file="$statements" "$@" \
  --default-time-zone=SYSTEM --autocommit=ON >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
mkdir --mode=0700 "$directory/__moorage_accounts_pending"
rm "$statements" "$log"
