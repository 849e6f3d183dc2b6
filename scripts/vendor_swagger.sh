#!/usr/bin/env bash
# Fetches the pinned Swagger UI into the package: the documentation page needs no other server.
# index.html and init.js beside it are our own. Run it by hand when the version changes.
set -euo pipefail
cd "$(dirname "$0")/.."

version=5.35.0
target=$PWD/moorage/web/static/swagger
files=(swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css favicon-32x32.png LICENSE NOTICE)

unpacked=$(mktemp -d)
trap 'rm -rf "$unpacked"' EXIT
npm pack --loglevel=error --pack-destination "$unpacked" "swagger-ui-dist@$version" >/dev/null
tar -xzf "$unpacked/swagger-ui-dist-$version.tgz" -C "$unpacked" --strip-components=1
mkdir -p "$target"
for file in "${files[@]}"; do
    install -m 644 "$unpacked/$file" "$target/$file"
done
# The source maps stay away, so a pointer to them would be a 404.
sed -i '/^\/[*/]# sourceMappingURL=.*$/d' "$target/swagger-ui.css" "$target/swagger-ui-bundle.js"
