#!/usr/bin/env bash
# Installs the system packages that Moorage needs, on Debian and Ubuntu, as root.
# With the argument `devcloud` also what scripts/devcloud needs; with `tests` all that tests need.
set -euo pipefail
cd "$(dirname "$0")/.."

PATH=$PATH:/usr/sbin:/sbin # where dockerd is; not on everybody's path

# python3-venv: the virtual environment. debootstrap: the base of images that are built here.
# iptables: dockerd's networks.
wanted=(ca-certificates python3-venv debootstrap iptables)

# busybox-static: the smallest image. docker-registry: to pull from. chromium: the documentation
# in a browser.
if [[ ${1:-} == tests ]]; then
    wanted+=(busybox-static docker-registry chromium)
    # PostgreSQL: tests run servers of their own with its programs, of any version.
    compgen -G "/usr/lib/postgresql/*/bin/initdb" >/dev/null || wanted+=(postgresql)
    # Redis: likewise. This package has the program, and starts no server.
    command -v redis-server >/dev/null || wanted+=(redis-tools)
fi

# mariadb-server-core, mariadb-client: a server without its service, and what sets one up.
if [[ ${1:-} == tests || ${1:-} == devcloud ]]; then
    wanted+=(mariadb-server-core mariadb-client rabbitmq-server)
fi

is_installed() {
    [[ $(dpkg-query --show --showformat='${db:Status-Abbrev}' "$1" 2>/dev/null) == ii* ]]
}

# Whoever names an engine of their own does not want another one.
needs_engine() {
    [[ -z ${MOORAGE_DOCKER_HOST:-} ]] && ! command -v dockerd >/dev/null &&
        ! python3 scripts/engine.py --check 2>/dev/null
}

command -v apt-get >/dev/null || exit 0 # Other systems: the next steps say what they miss.

missing=()
for package in "${wanted[@]}"; do
    is_installed "$package" || missing+=("$package")
done
needs_engine && missing+=(docker.io)
[[ ${#missing[@]} -gt 0 ]] || exit 0

if [[ $EUID -ne 0 ]]; then
    echo "Not root, so these packages stay missing: ${missing[*]}" >&2
    echo "If a later step fails: sudo apt-get install ${missing[*]}" >&2
    exit 0
fi

export DEBIAN_FRONTEND=noninteractive
echo "Installing ${missing[*]}"
apt-get update -qq
# Since Debian 13 the client is a package of its own.
if [[ ${missing[*]} == *docker.io* ]] && apt-cache show docker-cli >/dev/null 2>&1; then
    missing+=(docker-cli)
fi
if [[ ${missing[*]} == *postgresql* ]]; then
    # Only its programs are wanted: without this the package would also start a server.
    no_server=/etc/postgresql-common/createcluster.d/moorage.conf
    mkdir -p "${no_server%/*}"
    trap 'rm -f "$no_server"; rmdir --ignore-fail-on-non-empty "${no_server%/*}"' EXIT
    echo "create_main_cluster = false" >"$no_server"
fi
options=(--no-remove -o DPkg::Lock::Timeout=120) # A conflict is for people to solve.
if [[ ${missing[*]} == *rabbitmq* ]]; then
    # As with PostgreSQL; here that means to leave out what starts one, also after a reboot.
    for service in systemd/system/rabbitmq-server.service init.d/rabbitmq-server \
        systemd/system/epmd.{service,socket} systemd/system/epmd@.{service,socket}; do
        options+=(-o "DPkg::Options::=--path-exclude=*/$service")
    done
fi
apt-get install -qq -y --no-install-recommends "${options[@]}" "${missing[@]}" >/dev/null
