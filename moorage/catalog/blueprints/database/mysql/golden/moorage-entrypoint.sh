#!/bin/bash
# The official image's contract with one start of the server instead of two: the data directory
# is copied, and the server that stays reads the accounts before it lets anybody in.
# Needs no root and nothing but bash, coreutils and the server.
set -euo pipefail
shopt -s dotglob nullglob

data=/var/lib/mysql
unfinished=$data/.moorage-unfinished
pending=$data/__moorage_accounts_pending

setting() {  # NAME [DEFAULT]: its value, or what the file named by NAME_FILE holds
  local file=$1_FILE
  if [[ -n ${!file:-} ]]; then printf %s "$(<"${!file}")"; else printf %s "${!1:-${2:-}}"; fi
}

text() {  # a string literal, on one line
  local value=${1//\\/\\\\}
  value=${value//$'\n'/\\n}
  printf "'%s'" "${value//\'/\\\'}"
}

name() {  # an identifier
  printf '`%s`' "${1//\`/\`\`}"
}

statement() {  # one with an identifier in it: what reads the file knows no quotes but ' and "
  echo "SET @statement = $(text "$1");"
  echo 'PREPARE statement FROM @statement;'
  echo 'EXECUTE statement;'
}

accounts() {
  local host database user password
  host=$(text "$(setting MYSQL_ROOT_HOST %)")
  database=$(setting MYSQL_DATABASE)
  user=$(text "$(setting MYSQL_USER)")
  password=$(text "$(setting MYSQL_PASSWORD)")
  # This session starts with built-in values, whatever the arguments say.
  echo "SET NAMES utf8mb4, SESSION sql_mode = '', SESSION sql_log_bin = 0, autocommit = 1;"
  echo 'SET SESSION character_set_server = @@GLOBAL.character_set_server;'
  echo 'SET SESSION collation_server = @@GLOBAL.collation_server;'
  if [[ -n $database ]]; then
    statement "CREATE DATABASE IF NOT EXISTS $(name "$database")"
  fi
  if [[ $user != "''" && $password != "''" ]]; then
    echo "CREATE USER IF NOT EXISTS $user@'%' IDENTIFIED BY $password;"
    if [[ -n $database ]]; then
      statement "GRANT ALL ON $(name "${database//_/\\_}").* TO $user@'%'"
    fi
  fi
  # Last, and never without a password: whoever comes in finds all the rest done.
  password=$(text "$(setting MYSQL_ROOT_PASSWORD)")
  echo "ALTER USER 'root'@'localhost' IDENTIFIED BY $password;"
  echo "CREATE USER IF NOT EXISTS 'root'@$host IDENTIFIED BY $password;"
  echo "GRANT ALL ON *.* TO 'root'@$host WITH GRANT OPTION;"
  echo 'DROP DATABASE __moorage_accounts_pending;'
}

is_copy_of_use() {  # ARGUMENTS
  [[ -z ${MOORAGE_NO_GOLDEN:-} ]] || return 1
  case ${1//_/-} in
    # Fixed for good when the directory is made.
    *lower-case-table-names* | *innodb-page-size* | *innodb-data-* | *innodb-undo-* | \
      *innodb-log-group* | *innodb-checksum*) return 1 ;;
  esac
}

fill_data_directory() {
  : >"$unfinished"
  local entry
  for entry in "$data"/*; do
    [[ $entry == "$unfinished" || $entry == */lost+found ]] || rm -rf -- "$entry"
  done
  if is_copy_of_use "$*"; then
    cp -a --sparse=always /golden/. "$data"
  else
    moorage-initialise.sh "$data" "$@"
  fi
  if [[ ! -e $data/server-key.pem ]] && command -v openssl >/dev/null; then
    # An elliptic key takes milliseconds; the server would make three RSA keys.
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
      -subj /CN=MySQL_Server -keyout "$data/server-key.pem" -out "$data/server-cert.pem" 2>/dev/null
    cp "$data/server-cert.pem" "$data/ca.pem"
  fi
  rm "$unfinished"
  # The server flushes what it writes, not what was copied before it.
  sync --file-system "$data" &
}

[[ ${1:-} != -* ]] || set -- mysqld "$@"
[[ ${1:-} == mysqld ]] || exec "$@"

content=("$data"/*)
if [[ -e $unfinished || ${#content[@]} == 0 || ${content[*]} == "$data/lost+found" ]]; then
  if [[ -z $(setting MYSQL_ROOT_PASSWORD) ]]; then
    echo 'The data directory is empty: set MYSQL_ROOT_PASSWORD.' >&2
    exit 1
  fi
  fill_data_directory "$@"
fi
if [[ -d $pending ]]; then
  # A pipe: the passwords never touch a disk, and the server drops the mark when they are set.
  exec 3< <(accounts)
  set -- "$@" --init-file=/dev/fd/3
fi
exec "$@"
