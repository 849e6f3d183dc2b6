"""An order, against `docker run` of the same image."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from bench import logins
from bench.report import Figure
from bench.service import Service
from tests.make.ports import free_port

ROUNDS = 9
MANY = 30
AT_ONCE = 8
PASSWORD = "bench-only-1234"  # of containers that live for a second
LABEL = f"moorage.bench={os.getpid()}"
NETWORK = f"moorage-bench-{os.getpid()}"


def redis_order(service: Service) -> list[Figure]:
    """Redis: order until login, against docker run until PING."""
    image = _image(service, "redis")
    ours, first, theirs, alike = [], [], [], []
    for _ in range(ROUNDS):
        first.append(_timed(lambda: _order(service, "redis")))  # the owner's network is made too
        ours.append(_timed(lambda: _order(service, "redis")))
        _delete_all(service)
        theirs.append(_timed(lambda: _run_redis(image, free_port())))
        _remove_peers()
        with _network():
            alike.append(_timed(lambda: _run_redis(image, free_port(), "--network", NETWORK)))
            _remove_peers()
    private = "docker run in a network of its own"
    return [
        Figure("redis: order until login", ours, "docker run until PING", theirs, limit=1.0),
        Figure("redis: order until login", ours, private, alike, limit=1.0),
        Figure("redis: an owner's first order", first, private, alike),
    ]


def mysql_order(service: Service) -> list[Figure]:
    """MySQL: order until login, against docker run with full initialisation."""
    image = _image(service, "mysql")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(_timed(lambda: _order(service, "mysql")))
        _delete_all(service)
        theirs.append(_timed(lambda: _run_mysql(image, free_port())))
        _remove_peers()
    peer = "docker run with full initialisation"
    return [Figure("mysql: order until login", ours, peer, theirs, limit=0.5)]


def many_orders(service: Service) -> list[Figure]:
    """Thirty Redis, eight at a time, against xargs -P8 docker run."""
    image = _image(service, "redis")
    ours, theirs, alike = [], [], []
    for _ in range(3):
        ours.append(_timed(lambda: _order_many(service)))
        _delete_all(service)
        theirs.append(_timed(lambda: _run_many(image)))
        _remove_peers()
        with _network():
            alike.append(_timed(lambda: _run_many(image, "--network", NETWORK)))
            _remove_peers()
    private = "xargs -P8 docker run in a network of its own"
    return [
        Figure("30 redis, 8 at a time", ours, "xargs -P8 docker run", theirs, limit=1.2),
        Figure("30 redis, 8 at a time", ours, private, alike, limit=1.2),
    ]


def _timed(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _order(service: Service, blueprint: str) -> None:
    answer = service.api.post("/resource_list", json={"resource_name": blueprint})
    answer.raise_for_status()
    logins.until_url(answer.json()["url"])


def _order_many(service: Service) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda _: _order(service, "redis"), range(MANY)))


def _delete_all(service: Service) -> None:
    rows = service.api.get("/resource_list").json()["data"]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda row: service.api.delete(f"/resource/{row['id']}"), rows))


def _image(service: Service, blueprint: str) -> str:
    """Order one to see which image this machine runs, so that the peer runs the same."""
    made = service.api.post("/resource_list", json={"resource_name": blueprint}).json()
    shown = _docker("inspect", "--format", "{{.Config.Image}}", made["container_id"])
    _delete_all(service)
    return shown.strip()


def _run_redis(image: str, port: int, *options: str) -> None:
    _docker("run", "-d", "--label", LABEL, "-p", f"127.0.0.1:{port}:6379", *options, image)
    logins.until_redis(port, None)


def _run_mysql(image: str, port: int) -> None:
    settings = ["-e", f"MYSQL_ROOT_PASSWORD={PASSWORD}", "-e", "MOORAGE_NO_GOLDEN=1"]
    _docker("run", "-d", "--label", LABEL, *settings, "-p", f"127.0.0.1:{port}:3306", image)
    logins.until_mysql(port, PASSWORD)


def _run_many(image: str, *options: str) -> None:
    ports = [str(port) for port in range(25000, 25000 + MANY)]
    command = ["docker", "run", "-d", "--label", LABEL, "-p", "127.0.0.1:{}:6379"]
    subprocess.run(
        ["xargs", f"-P{AT_ONCE}", "-I{}", *command, *options, image],
        input="\n".join(ports),
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    for port in ports:
        logins.until_redis(int(port), None)


@contextmanager
def _network() -> Iterator[None]:
    _docker("network", "create", "--label", LABEL, NETWORK)
    yield
    _docker("network", "rm", NETWORK)


def _remove_peers() -> None:
    ids = _docker("ps", "-aq", "--filter", f"label={LABEL}").split()
    if ids:
        _docker("rm", "-fv", *ids)


def _docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], check=True, capture_output=True, text=True)
    return done.stdout
