#!/usr/bin/env bash
# Pins every dependency of pyproject.toml and of the devcloud, with hashes, for all platforms from
# Python 3.11 on.
# No package index is named in the locks: pip takes its own configuration. Run it by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet uv

lock() {
    local output=$1 input=$2
    shift 2
    UV_CUSTOM_COMPILE_COMMAND=scripts/lock.sh "$tools/bin/uv" pip compile --quiet "$input" "$@" \
        --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-config \
        --output-file "$output"
}

lock requirements.lock pyproject.toml --upgrade
lock requirements-dev.lock pyproject.toml --upgrade --group dev
# Keeps the versions that it has: OpenStack breaks with newer ones than it was tested with.
lock scripts/devcloud/requirements.lock scripts/devcloud/requirements.in
