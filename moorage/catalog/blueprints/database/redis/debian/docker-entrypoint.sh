#!/bin/sh
# Arguments that begin with - or name a .conf file go to the server, as in the official image.
set -e
if [ "${1#-}" != "$1" ] || [ "${1%.conf}" != "$1" ]; then
  set -- redis-server "$@"
fi
# Built in is protected-mode yes; the official image lets clients of the network in.
case " $* " in
  *" --protected-mode "* | *.conf" "* | *" - "*) ;;
  " redis-server "*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
