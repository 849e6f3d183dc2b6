#!/bin/sh
# First what the app needs before it answers, then the server in this one's place.
set -eu
rm -f /tmp/apache2.pid
if [ -f /usr/local/lib/moorage/prepare.php ]; then
  php /usr/local/lib/moorage/prepare.php
fi
exec "$@"
