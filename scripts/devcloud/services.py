"""The services: how each is started, and when it is ready."""

import getpass
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable

import httpx
import places
import processes
import pymysql

READY_S = 180  # on a machine that is busy with tests
RABBIT = "/usr/lib/rabbitmq/bin/rabbitmq-server"  # the one on the path wants a user of its own
AMQP = b"AMQP\x00\x00\x09\x01"


def bring_up(names: Iterable[str]) -> None:
    """Start those of the services that do not run, side by side, and wait until all are ready."""
    for name in names:
        if not processes.is_running(name):
            processes.stop(name)  # children of one that was killed
            START[name](name)
    deadline = time.monotonic() + READY_S
    for name in names:
        while not is_ready(name):
            if not processes.is_running(name):
                processes.fail(name, "has ended")
            if time.monotonic() > deadline:
                processes.fail(name, f"is not ready after {READY_S} s")
            time.sleep(0.2)


def is_ready(name: str) -> bool:
    """Tell whether a service does its work."""
    if name == "mariadb":
        return can_query()
    if name == "epmd":
        return answers(name, b"")
    if name == "rabbit":
        return answers(name, AMQP)
    if name in places.PORTS:
        return serves(name)
    return has_reported(name)


def serves(name: str) -> bool:
    """Tell whether an API answers."""
    try:
        answer = httpx.get(f"http://{places.HOST}:{places.PORTS[name]}/", timeout=5)
    except httpx.TransportError:
        return False
    return answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR


def answers(name: str, greeting: bytes) -> bool:
    """Tell whether a service accepts connections and, if it is greeted, says something."""
    try:
        with socket.create_connection((places.HOST, places.PORTS[name]), timeout=5) as peer:
            peer.sendall(greeting)
            return not greeting or bool(peer.recv(1))
    except OSError:
        return False


def has_reported(name: str) -> bool:
    """Tell whether a process of Nova has told its database that it is up, since it was started."""
    rows = query(
        "SELECT 1 FROM nova.services WHERE `binary` = %s AND deleted = 0"
        " AND last_seen_up > FROM_UNIXTIME(%s)",
        name,
        processes.started_at(name),
    )
    return bool(rows)


def can_query() -> bool:
    """Tell whether MariaDB answers."""
    try:
        query("SELECT 1")
    except pymysql.OperationalError:
        return False
    return True


def query(statement: str, *values: object) -> tuple[tuple[object, ...], ...]:
    """Ask MariaDB."""
    connection = pymysql.connect(
        unix_socket=str(places.SOCKET), user=getpass.getuser(), connect_timeout=5
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(statement, values)
        return cursor.fetchall()


def start_mariadb(name: str) -> None:
    """Start MariaDB on a socket only. Its data can be made anew, so it never waits for a disk."""
    processes.start(
        name, "mariadbd", "--no-defaults", f"--user={getpass.getuser()}",
        f"--datadir={places.DATA / 'mariadb'}", f"--socket={places.SOCKET}",
        f"--pid-file={places.CLOUD / 'mariadb.pid'}", "--skip-networking", "--skip-name-resolve",
        "--skip-log-bin", "--innodb-flush-log-at-trx-commit=2", "--innodb-doublewrite=0",
        "--innodb-flush-method=nosync", "--max-connections=500", "--performance-schema=off",
    )  # fmt: skip


def start_epmd(name: str) -> None:
    """Start Erlang's port mapper; otherwise RabbitMQ starts one that outlives it."""
    port = str(places.PORTS[name])
    processes.start(name, "epmd", "-address", places.HOST, "-port", port)


def start_rabbit(name: str) -> None:
    """Start an empty RabbitMQ: the services declare again what they need."""
    folder = places.DATA / "rabbit"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    processes.start(
        name,
        RABBIT,
        HOME=str(folder),
        ERL_EPMD_ADDRESS=places.HOST,
        ERL_EPMD_PORT=str(places.PORTS["epmd"]),
        RABBITMQ_NODENAME="devcloud@localhost",
        RABBITMQ_DIST_PORT=str(places.PORTS["erlang"]),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=(
            "-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +A 8"
        ),
        RABBITMQ_CONF_ENV_FILE=os.devnull,
        RABBITMQ_CONFIG_FILE=str(places.ETC / "rabbitmq.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE=str(places.ETC / "rabbitmq-plugins"),
        RABBITMQ_MNESIA_BASE=str(folder),
        RABBITMQ_LOG_BASE=str(places.LOGS),
        RABBITMQ_PID_FILE=str(folder / "pid"),
        RABBITMQ_LOGS="-",
    )


def api(application: str, **environment: str) -> Callable[[str], None]:
    """Return what starts an API under Gunicorn."""

    def start(name: str) -> None:
        processes.start(
            name, places.program("gunicorn"), "--config", str(places.HERE / "gunicorn_conf.py"),
            "--bind", f"{places.HOST}:{places.PORTS[name]}", application,
            **environment,
        )  # fmt: skip

    return start


def nova(configuration: str = "nova.conf") -> Callable[[str], None]:
    """Return what starts a process of Nova that has no API."""

    def start(name: str) -> None:
        file = str(places.ETC / "nova" / configuration)
        processes.start(name, places.program(name), "--config-file", file)

    return start


# In the order in which one needs another.
START: dict[str, Callable[[str], None]] = {
    "mariadb": start_mariadb,
    "epmd": start_epmd,
    "rabbit": start_rabbit,
    "keystone": api("keystone.wsgi.api", OS_KEYSTONE_CONFIG_DIR=str(places.ETC / "keystone")),
    "glance": api("glance.wsgi.api", OS_GLANCE_CONFIG_DIR=str(places.ETC / "glance")),
    "placement": api("placement.wsgi.api", OS_PLACEMENT_CONFIG_DIR=str(places.ETC / "placement")),
    "neutron": api(
        "neutron.wsgi.api",
        OS_NEUTRON_CONFIG_DIR=str(places.ETC / "neutron"),
        OS_NEUTRON_CONFIG_FILES="neutron.conf",
    ),
    "nova-conductor": nova(),
    "nova-api": api("nova.wsgi.osapi_compute", OS_NOVA_CONFIG_DIR=str(places.ETC / "nova")),
    "nova-scheduler": nova(),
    "nova-compute": nova("nova-compute.conf"),
}
