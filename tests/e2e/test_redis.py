"""Redis and Valkey as people order them."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import redis as redis_client

from .clients import redis
from .service import Client, Json, Service

pytestmark = pytest.mark.engine

PASSWORD = r"""p@ss word:/?#[]!$&'()*+,;=\%^`{|}~<>-"word"""
ORDER = {
    "--requirepass": PASSWORD,
    "--maxmemory": "100m",
    "--maxmemory-policy": "allkeys-lru",
    "--databases": 7,
    "--save": "900 1 300 100",
    "--notify-keyspace-events": "Ex",
    "--appendfsync": "always",
}


@pytest.fixture(scope="module")
def customer(service: Service) -> Client:
    """Whoever ordered what these tests only read."""
    return service.user()


@pytest.fixture(scope="module", params=["redis", "valkey"])
def cache(request: pytest.FixtureRequest, customer: Client) -> Iterator[Json]:
    """A cache with options and with a password of its owner's choice."""
    cache = customer.order(request.param, ORDER)
    yield cache
    customer.remove(cache["id"])


def test_every_option_is_in_force(cache: Json) -> None:
    with redis(cache["url"]) as client:
        in_force = client.config_get("*")

    assert in_force["maxmemory"] == "100000000"
    assert in_force["maxmemory-policy"] == "allkeys-lru"
    assert in_force["databases"] == "7"
    assert in_force["save"] == "900 1 300 100"
    assert set(in_force["notify-keyspace-events"] or "") == set("xE")
    assert in_force["appendfsync"] == "always"


def test_it_refuses_whoever_has_no_password_or_a_wrong_one(cache: Json) -> None:
    host, port = cache["config"]["addr"], cache["config"]["port"]

    with pytest.raises(redis_client.AuthenticationError), redis(f"redis://{host}:{port}"):
        pass
    with pytest.raises(redis_client.AuthenticationError), redis(f"redis://:wrong@{host}:{port}"):
        pass


def test_the_command_line_of_the_server_logs_in_with_the_url(service: Service, cache: Json) -> None:
    inside = urlsplit(cache["url"])._replace(netloc=_at_home(cache["url"])).geturl()

    code = service.engine.run(
        cache["container_id"], f"{cache['resource']}-cli", "-e", "-u", inside, "ping"
    )

    assert code == 0


def test_the_answer_says_what_was_ordered_and_how_to_log_in(cache: Json) -> None:
    config = cache["config"]

    assert config["config"]["inside_port"] == 6379
    assert config["config"]["--requirepass"] == PASSWORD
    assert config["config"]["--maxmemory-policy"] == "allkeys-lru"
    assert "MYSQL_USER" not in config
    assert config["container_id"] == cache["container_id"]
    assert len(cache["container_id"]) == 64
    assert cache["status"] == "running"


def test_its_password_is_in_no_argument_and_no_label(service: Service, cache: Json) -> None:
    seen = service.engine.inspect(cache["container_id"])
    arguments = [seen["Path"], *seen["Args"], *(seen["Config"]["Cmd"] or [])]
    commands = service.engine.top(cache["container_id"])

    assert commands
    for text in (*arguments, *seen["Config"]["Labels"].values(), *commands):
        assert PASSWORD not in text


def test_the_documents_own_order_works(owner: Client) -> None:
    cache = owner.order("redis", {"--maxmemory": "100m"})

    with redis(cache["url"]) as client:
        assert client.config_get("maxmemory") == {"maxmemory": "100000000"}


def test_a_full_cache_refuses_writes_instead_of_being_killed(owner: Client) -> None:
    cache = owner.order("redis", memory_mib=64)

    with redis(cache["url"]) as client:
        in_force = int(client.config_get("maxmemory")["maxmemory"] or 0)
        with pytest.raises(redis_client.OutOfMemoryError):
            fill(client, mib=64)

        assert in_force < 64 << 20
        assert client.ping()


def _at_home(url: str) -> str:
    """Return who logs in where, seen from inside the container."""
    return urlsplit(url).netloc.rpartition("@")[0] + "@127.0.0.1:6379"


def fill(client: redis_client.Redis, *, mib: int) -> None:
    """Write that much."""
    for number in range(mib):
        client.set(str(number), "x" * (1 << 20))
