"""How people get into an instance: where it answers, and with which credentials."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from moorage.catalog import render
from moorage.catalog.app import App
from moorage.instances import ports
from moorage.instances import service as instances
from moorage.instances.models import Instance
from moorage.instances.tools import Tools
from moorage.kit import urls

_SCHEMES = {3306: "mysql", 5432: "postgresql", 6379: "redis", 27017: "mongodb"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a client connects. url: without user and password."""

    name: str
    protocol: str
    address: str
    port: int
    url: str


@dataclass(frozen=True, slots=True)
class Credentials:
    """How to log in. environment: all that it was given which its owner may know."""

    user: str
    password: str
    database: str
    address: str
    port: int
    url: str
    environment: dict[str, str]


def endpoints(tools: Tools, instance: Instance) -> list[Endpoint]:
    """Return where an instance answers, the main place first."""
    blueprint = tools.catalog.any(instance.blueprint, instance.edition)
    if isinstance(blueprint, App):
        return _of_app(tools, instance, blueprint)
    if instance.port is None:
        return []
    address = tools.settings.reachable_address
    url = render.url(blueprint, instances.settled(tools, instance), address, instance.port)
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    return [Endpoint("main", parts.scheme, address, instance.port, bare.geturl())]


def credentials(tools: Tools, instance: Instance) -> Credentials:
    """Return how to log in. Raises NotFound when there is nowhere to log in."""
    blueprint = tools.catalog.any(instance.blueprint, instance.edition)
    settled = instances.settled(tools, instance)
    address, port = tools.settings.reachable_address, ports.of(instance)
    if not isinstance(blueprint, App):
        login = render.login(blueprint, settled)
        return Credentials(
            user=login.user,
            password=login.password,
            database=login.database,
            address=address,
            port=port,
            url=render.url(blueprint, settled, address, port),
            environment=render.environment(blueprint, settled),
        )
    values = {**blueprint.values, **settled.options, **settled.secrets}
    first = blueprint.login
    [main, *_] = endpoints(tools, instance)
    return Credentials(
        user=values.get(first.user, first.user) if first else "",
        password=values.get(first.password, "") if first else "",
        database="",
        address=address,
        port=port,
        url=main.url,
        environment={name: values[name] for name in blueprint.show if name in values},
    )


def _of_app(tools: Tools, instance: Instance, app: App) -> list[Endpoint]:
    address = tools.settings.reachable_address
    found = []
    if app.main and instance.port is not None:
        found.append(_endpoint("main", app.main.scheme, address, instance.port))
    if app.database and instance.db_port is not None:
        scheme = _SCHEMES.get(app.database.port, app.database.scheme)
        found.append(_endpoint("database", scheme, address, instance.db_port))
    return found


def _endpoint(name: str, scheme: str, address: str, port: int) -> Endpoint:
    return Endpoint(name, scheme, address, port, f"{scheme}://{urls.host(address)}:{port}")
