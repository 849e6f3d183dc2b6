#!/bin/sh
# Make the file of users, then run the server in this one's place.
set -eu
umask 077
printf %s "$MEMCACHED_PASSWORD" | saslpasswd2 -p -c -f /tmp/users -u "$(hostname)" "$MEMCACHED_USER"
unset MEMCACHED_PASSWORD
exec "$@" --memory-limit="${MEMCACHED_MEMORY_MIB:-64}"
