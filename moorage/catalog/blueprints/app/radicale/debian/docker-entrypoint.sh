#!/bin/sh
# Write the file of users, then run the server in this one's place.
set -eu
umask 077
python3 - >/tmp/users <<END
import bcrypt, os
password = bcrypt.hashpw(os.environ["RADICALE_PASSWORD"].encode(), bcrypt.gensalt())
print(os.environ["RADICALE_USER"], password.decode(), sep=":")
END
unset RADICALE_PASSWORD
exec "$@"
