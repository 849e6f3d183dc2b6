#!/bin/bash
# The official image's contract with one start of the server instead of two: the data directory
# is copied, and the server that stays reads the accounts before it lets anybody in.
# Needs no root and nothing but bash, coreutils and the server.
set -euo pipefail
shopt -s dotglob nullglob

data=/var/lib/mysql
unfinished=$data/.moorage-unfinished
pending=$data/__moorage_accounts_pending

setting() {  # NAME [DEFAULT]: MARIADB_NAME or MYSQL_NAME, or what the file of its _FILE holds
  local variable
  for variable in "MARIADB_$1" "MYSQL_$1"; do
    local file=${variable}_FILE
    if [[ -n ${!file:-} ]]; then printf %s "$(<"${!file}")"; return; fi
    if [[ -n ${!variable:-} ]]; then printf %s "${!variable}"; return; fi
  done
  printf %s "${2:-}"
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
  host=$(text "$(setting ROOT_HOST %)")
  database=$(setting DATABASE)
  user=$(text "$(setting USER)")
  password=$(text "$(setting PASSWORD)")
  # This session starts with built-in values, whatever the arguments say.
  echo "SET NAMES utf8mb4, SESSION sql_mode = '', SESSION sql_log_bin = 0, autocommit = 1;"
  echo 'SET SESSION character_set_server = @@GLOBAL.character_set_server;'
  echo 'SET SESSION collation_server = @@GLOBAL.collation_server;'
  # The health check comes in as the system user that runs the server.
  echo "CREATE USER IF NOT EXISTS 'mysql'@'localhost' IDENTIFIED VIA unix_socket;"
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
  password=$(text "$(setting ROOT_PASSWORD)")
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
    moorage-initialise.sh "$data" "${@:2}"
  fi
  rm "$unfinished"
  # The server flushes what it writes, not what was copied before it.
  sync --file-system "$data" &
}

[[ ${1:-} != -* ]] || set -- mariadbd "$@"
[[ ${1:-} != mysqld ]] || set -- mariadbd "${@:2}"
[[ ${1:-} == mariadbd ]] || exec "$@"

content=("$data"/*)
if [[ -e $unfinished || ${#content[@]} == 0 || ${content[*]} == "$data/lost+found" ]]; then
  if [[ -z $(setting ROOT_PASSWORD) ]]; then
    echo 'The data directory is empty: set MARIADB_ROOT_PASSWORD.' >&2
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
