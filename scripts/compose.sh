#!/usr/bin/env bash
# Puts the Docker Compose tool at .venv/libexec/docker-compose, unless this machine has one.
# It comes from a Debian package whose signature is verified; nothing of the system changes.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=.venv/libexec/docker-compose
plugins=({/usr/local,/usr}/{lib,libexec}/docker/cli-plugins/docker-compose)

is_good() { # 2.20 is the first that knows `include`.
    local version
    version=$("$1" version --short 2>/dev/null) &&
        printf '%s\n' 2.20 "${version#v}" | sort --check=quiet --version-sort
}

for known in "${MOORAGE_COMPOSE:-}" "$tool" "${plugins[@]}"; do
    [[ -x $known ]] && is_good "$known" && exit 0
done

command -v apt-get >/dev/null || {
    echo "Docker Compose 2.20 or newer is needed: install its plugin, or set MOORAGE_COMPOSE" >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A package of this machine's own releases, else of a Debian release that has a new one.
fetch() {
    local package
    for package in docker-compose-v2 docker-compose; do # Ubuntu's name, Debian's.
        (cd "$work" && apt-get "$@" download "$package" >/dev/null 2>&1) && return
    done
    return 1
}

unpack() {
    local package
    package=$(find "$work" -maxdepth 1 -name '*.deb' -print -quit)
    rm -rf "$work/root"
    dpkg-deb --extract "$package" "$work/root" && rm "$package"
    find "$work/root" -name docker-compose -type f -perm -u+x -print -quit
}

place() {
    local binary
    binary=$(unpack)
    [[ -n $binary ]] && is_good "$binary" || return 1
    mkdir -p "${tool%/*}"
    install "$binary" "$tool.new"
    mv "$tool.new" "$tool"
    echo "Docker Compose $("$tool" version --short) is at $tool"
}

echo "Fetching Docker Compose"
fetch && place && exit 0

mirror=${MOORAGE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(LABEL) $(SITE)' \
    'Created-By: Packages' 'Origin: Debian' | awk '$1 == "Debian" {print $2; exit}')}
[[ -n $mirror ]] || {
    echo "This machine's apt knows no Debian mirror: set MOORAGE_DEBIAN_MIRROR to one" >&2
    exit 1
}
mkdir -p "$work"/{lists,archives}/partial "$work/preferences"
for suite in trixie forky sid; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" \
        >"$work/sources.list"
    private=(
        -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
        -o "Dir::Etc::preferencesparts=$work/preferences" -o Dir::Etc::preferences=/dev/null
        -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work"
        -o Dir::State::status=/dev/null
        -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false
        -o "APT::Sandbox::User=$(id -un)"
    )
    apt-get "${private[@]}" -qq update && fetch "${private[@]}" && place && exit 0
done
echo "No Debian release at $mirror has a Docker Compose that works here" >&2
exit 1
