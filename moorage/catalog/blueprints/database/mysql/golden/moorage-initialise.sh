#!/bin/bash
# moorage-initialise.sh DIRECTORY mysqld [OPTION…]: make a data directory without accounts.
# The database "__moorage_accounts_pending" in it tells the entrypoint to make them.
set -euo pipefail
directory=$1
shift

first_statements() {
  echo 'CREATE DATABASE __moorage_accounts_pending;'
  # Named time zones work in the official image too.
  if [[ -d /usr/share/zoneinfo ]]; then
    echo 'USE mysql;'
    mysql_tzinfo_to_sql /usr/share/zoneinfo 2>/dev/null
  fi
}

exec "$@" --initialize-insecure --datadir="$directory" --init-file=<(first_statements) \
  --default-time-zone=SYSTEM --autocommit=1
