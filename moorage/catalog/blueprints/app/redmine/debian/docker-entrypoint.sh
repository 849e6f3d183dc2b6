#!/bin/sh
# Wait for the database, which may be later than we are, then run the server in our place.
set -eu
tries=120
until pg_isready --quiet --host="$REDMINE_DB_POSTGRES" --port="${REDMINE_DB_PORT:-5432}"; do
  tries=$((tries - 1))
  if [ "$tries" = 0 ]; then
    echo "The database at $REDMINE_DB_POSTGRES takes no connections." >&2
    exit 1
  fi
  sleep 1
done
exec "$@"
