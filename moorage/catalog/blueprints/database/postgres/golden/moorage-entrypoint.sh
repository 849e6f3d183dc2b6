#!/bin/bash
# The official image's contract without the server started only to make accounts: the data
# directory is copied, and a single-user backend makes them before anybody can come in.
# Needs no root and nothing but bash, coreutils and the server.
set -euo pipefail
shopt -s dotglob nullglob

data=${PGDATA:-/var/lib/postgresql/data}
unfinished=$data/.moorage-unfinished

setting() {  # NAME [DEFAULT]: its value, or what the file named by NAME_FILE holds
  local file=$1_FILE
  if [[ -n ${!file:-} ]]; then printf %s "$(<"${!file}")"; else printf %s "${!1:-${2:-}}"; fi
}

text() {  # a string literal, on one line
  local value=${1//\\/\\\\}
  value=${value//$'\n'/\\n}
  printf "E'%s'" "${value//\'/\'\'}"
}

name() {  # an identifier
  printf '"%s"' "${1//\"/\"\"}"
}

accounts() {
  local user database
  user=$(setting POSTGRES_USER postgres)
  database=$(setting POSTGRES_DB "$user")
  # A statement ends with a semicolon and an empty line.
  if [[ $user != postgres ]]; then
    printf 'CREATE ROLE %s SUPERUSER CREATEDB CREATEROLE LOGIN REPLICATION BYPASSRLS;\n\n' \
      "$(name "$user")"
  fi
  printf 'ALTER ROLE %s PASSWORD %s;\n\n' \
    "$(name "$user")" "$(text "$(setting POSTGRES_PASSWORD)")"
  if [[ $database != postgres ]]; then
    printf 'CREATE DATABASE %s;\n\n' "$(name "$database")"
  fi
}

fill_data_directory() {
  : >"$unfinished"
  local entry initdb_arguments golden=/golden
  for entry in "$data"/*; do
    [[ $entry == "$unfinished" || $entry == */lost+found ]] || rm -rf -- "$entry"
  done
  initdb_arguments=$(setting POSTGRES_INITDB_ARGS)
  if [[ -n ${MOORAGE_NO_GOLDEN:-} || -n $initdb_arguments ]]; then
    golden=$(mktemp --directory)
    # As in the official image: words separated by spaces, quotes mean nothing.
    # shellcheck disable=SC2086
    initdb --pgdata="$golden" --username=postgres $initdb_arguments
  fi
  cp -a --sparse=always "$golden"/. "$data"
  [[ $golden == /golden ]] || rm -rf "$golden"
  printf '\nhost all all all scram-sha-256\n' >>"$data/pg_hba.conf"
  accounts | postgres --single -j -D "$data" -c exit_on_error=on -c log_checkpoints=off \
    postgres >/dev/null
  rm "$unfinished"
  # The server flushes what it writes, not what was copied before it.
  sync --file-system "$data" &
}

[[ ${1:-} != -* ]] || set -- postgres "$@"
[[ ${1:-} == postgres ]] || exec "$@"

content=("$data"/*)
if [[ -e $unfinished || ${#content[@]} == 0 || ${content[*]} == "$data/lost+found" ]]; then
  if [[ -z $(setting POSTGRES_PASSWORD) ]]; then
    echo 'The data directory is empty: set POSTGRES_PASSWORD.' >&2
    exit 1
  fi
  fill_data_directory
fi
exec "$@"
