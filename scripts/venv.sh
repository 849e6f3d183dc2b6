#!/usr/bin/env bash
# Makes .venv with the locked dependencies and Moorage itself, unless it is up to date.
set -euo pipefail
cd "$(dirname "$0")/.."

# The distribution's own Python first: one compiled by hand may lack its optimisations.
find_python() {
    local candidate
    for candidate in /usr/bin/python3 python3 python3.{14,13,12,11}; do
        if "$candidate" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer with its venv module is needed: apt-get install python3-venv" >&2
    return 1
}

stamp=.venv/installed
wanted=$(cat requirements-dev.lock pyproject.toml | sha256sum)

# pip cannot be imported when the environment is new, half made, or of a Python since replaced.
if ! .venv/bin/python -c 'import pip' 2>/dev/null; then
    python=$(find_python)
    "$python" -m venv --clear .venv
fi
[[ $(cat "$stamp" 2>/dev/null) != "$wanted" ]] || exit 0

echo "Installing the locked dependencies into .venv"
pip=(.venv/bin/python -m pip --quiet --disable-pip-version-check install)
"${pip[@]}" --require-hashes --requirement requirements-dev.lock
"${pip[@]}" --no-deps --no-build-isolation --editable .
echo "$wanted" >"$stamp"
