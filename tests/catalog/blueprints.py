"""Blueprints for tests: the shipped ones, and one that a newcomer would add."""

from pathlib import Path

import pytest

from moorage.catalog import service
from moorage.catalog.blueprint import Blueprint

SHIPPED = service.load().list("database")
every_blueprint = pytest.mark.parametrize("blueprint", SHIPPED, ids=lambda found: found.name)

SIXTH = """
services:
  cask:
    image: ${MOORAGE_IMAGE}
    user: "999:999"
    entrypoint: [sh, -ec, 'exec cask "$$@"', cask]
    environment: {CASK_MODE: plain}
    volumes: ["data:/var/lib/cask"]
    expose: ["7000"]
    healthcheck:
      {test: [CMD, cask, ping], interval: 30s, timeout: 5s, start_period: 1m, retries: 3}
    stop_grace_period: 1m30s
volumes: {data: {}}
x-moorage:
  kind: database
  title: Cask
  description: A store for tests.
  manual: https://cask.example/manual
  versions:
    "2.1": {registry: "cask:2.1.0"}
    "2": {registry: "cask:2.0.0"}
    "1-debian": {build: debian, suite: trixie}
  memory_mib: {default: 128, min: 64, max: 4096}
  memory_base_mib: 16
  cpus: {default: 1, min: 0.5, max: 4}
  pids: 50
  port: 7000
  ready_timeout_s: 30
  login:
    probe: redis
    user: keeper
    user_key: CASK_USER
    password_key: CASK_PASSWORD
    database_keys: [CASK_DATABASE]
  url: cask://{user}:{password}@{address}:{port}/{database}
  show: {CASK_USER: "{user}"}
  dialect:
    argument: ["--{name}", "{value}"]
    booleans: ["no", "yes"]
    sizes: {k: 1024, m: 1048576}
    durations: {ms: 1000, s: 1000000}
  options:
    CASK_PASSWORD: {type: secret}
    CASK_USER: {type: text, pattern: "[a-z]{1,8}", says: 1 to 8 letters, example: anna}
    CASK_DATABASE: {type: text, pattern: "[a-z/]{1,8}", says: 1 to 8 letters, example: wine}
    --key: {type: secret, requires: --lock, environment: CASK_KEY}
    --lock: {type: boolean, example: true}
    --clients:
      {type: integer, min: 1, max: 1000, example: 5, memory_bytes: 1048576, pids: 1}
    --ratio: {type: number, min: 0, max: 2, example: 0.5}
    --cache: {type: size, min: 1m, max: 1024m, example: 8m, memory_factor: 2, memory_share: 0.25}
    --block: {type: size, min: 1k, max: 64k, example: 4k, step: 4k, also: [--block-size]}
    --wait: {type: duration, unit: s, min: 0s, max: 60s, special: ["-1"], example: 5s}
    --sync: {type: choice, values: always never, synonyms: {"1": always}, example: never}
    --charset: {type: choice, values: latin1 utf8mb4, synonyms: {utf8: utf8mb4}, example: latin1}
    --collation:
      type: choice
      part_of: --charset
      values: latin1_bin utf8mb4_bin
      example: utf8mb4_bin
    --traits: {type: flags, values: RED DRY SWEET, example: "RED,DRY"}
    --old-cork: {type: boolean, versions: ["1-debian"], example: true}
    --days: {type: integer, min: 1, max: 9, example: 2, excludes: --hours}
    --hours: {type: integer, min: 1, max: 99, example: 2, default: "12"}
  refused:
    --cellar: the files are in the volume
"""


def make_blueprint(root: Path, text: str = SIXTH) -> Blueprint:
    """Write a blueprint's file and read it."""
    folder = root / "database" / "cask"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compose.yaml").write_text(text)
    return service.load([root]).get("cask")
