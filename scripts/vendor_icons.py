"""Take the icons of the blueprints from two npm packages, and say which is from where."""

import json
import re
import subprocess
import tempfile
from pathlib import Path

BLUEPRINTS = Path(__file__).parents[1] / "moorage/catalog/blueprints"
BRANDS, SHAPES = "simple-icons@16.37.0", "@tabler/icons@3.51.0"
SHAPE_COLOUR = "#3b5b7a"

# Blueprint → the icon's name in BRANDS, where they have the product's own; else in SHAPES.
BRAND = {
    "app/adminer": "adminer",
    "app/ghost": "ghost",
    "app/gitea": "gitea",
    "app/grafana": "grafana",
    "app/matomo": "matomo",
    "app/metabase": "metabase",
    "app/minio": "minio",
    "app/mosquitto": "eclipsemosquitto",
    "app/n8n": "n8n",
    "app/nats": "natsdotio",
    "app/nextcloud": "nextcloud",
    "app/phpmyadmin": "phpmyadmin",
    "app/prometheus": "prometheus",
    "app/rabbitmq": "rabbitmq",
    "app/redmine": "redmine",
    "app/uptime-kuma": "uptimekuma",
    "app/vaultwarden": "vaultwarden",
    "app/wordpress": "wordpress",
    "database/mariadb": "mariadb",
    "database/mysql": "mysql",
    "database/postgres": "postgresql",
    "database/redis": "redis",
}
SHAPE = {
    "app/dokuwiki": "notebook",
    "app/kanboard": "layout-kanban",
    "app/mediawiki": "brand-wikipedia",
    "app/memcached": "stack-2",
    "app/radicale": "calendar-event",
    "database/valkey": "key",
}


def unpacked(package: str, folder: Path) -> Path:
    """Fetch an npm package into a folder."""
    packing = ["npm", "pack", "--silent", package]
    done = subprocess.run(packing, cwd=folder, check=True, capture_output=True, text=True)
    archive = done.stdout.strip()
    target = folder / archive.removesuffix(".tgz")
    target.mkdir()
    subprocess.run(["tar", "-xzf", archive, "-C", target], cwd=folder, check=True)
    return target / "package"


def main() -> None:
    """Write icon.svg into every blueprint named above, and app/ICONS.md."""
    with tempfile.TemporaryDirectory() as name:
        brands, shapes = (unpacked(package, Path(name)) for package in (BRANDS, SHAPES))
        entries = json.loads((brands / "data/simple-icons.json").read_text())
        hexes = {entry["title"]: entry["hex"] for entry in entries}
        for blueprint, icon in BRAND.items():
            svg = (brands / "icons" / f"{icon}.svg").read_text()
            title = re.search("<title>(.*?)</title>", svg)
            assert title, icon
            coloured = svg.replace("<svg ", f'<svg fill="#{hexes[title[1]].lower()}" ', 1)
            (BLUEPRINTS / blueprint / "icon.svg").write_text(coloured.rstrip() + "\n")
        for blueprint, icon in SHAPE.items():
            svg = (shapes / "icons/outline" / f"{icon}.svg").read_text()
            coloured = svg.replace("currentColor", SHAPE_COLOUR)
            one_line = re.sub(r"\s*\n\s*", " ", coloured).replace("> <", "><")
            (BLUEPRINTS / blueprint / "icon.svg").write_text(one_line.strip() + "\n")
        mit = (shapes / "LICENSE").read_text()
    table = [f"| {blueprint} | {icon} | {BRANDS} | CC0-1.0 |" for blueprint, icon in BRAND.items()]
    table += [f"| {blueprint} | {icon} | {SHAPES} | MIT |" for blueprint, icon in SHAPE.items()]
    head = [
        "# Where the icons come from",
        "",
        "Written by `scripts/vendor_icons.py`. Logos belong to their owners.",
        "",
        "| blueprint | icon | npm package | licence |",
        "|---|---|---|---|",
    ]
    text = "\n".join([*head, *sorted(table), "", f"## {SHAPES}", "", mit.strip(), ""])
    (BLUEPRINTS / "app/ICONS.md").write_text(text)


if __name__ == "__main__":
    main()
