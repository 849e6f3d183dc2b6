#!/usr/bin/env bash
# Pins every dependency of pyproject.toml, with hashes, for all platforms from Python 3.11 on.
# No package index is named in the locks: pip takes its own configuration. Run it by hand.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet uv

lock() {
    local output=$1
    shift
    UV_CUSTOM_COMPILE_COMMAND=scripts/lock.sh "$tools/bin/uv" pip compile --quiet pyproject.toml "$@" \
        --universal --python-version 3.11 --upgrade --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-header --no-annotate --no-config \
        --output-file "$output"
}

lock requirements.lock
lock requirements-dev.lock --group dev
