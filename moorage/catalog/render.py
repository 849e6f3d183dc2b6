"""What a settled order becomes: a container, a login, a URL, the answer of the resources door.

Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from moorage.catalog.blueprint import Blueprint
from moorage.catalog.check import Settled
from moorage.catalog.options import Integer, Quantity
from moorage.engines.port import ContainerSpec, HealthCheck, PublishedPort, VolumeMount
from moorage.kit import urls


@dataclass(frozen=True, slots=True)
class Login:
    """Who may log in first. probe: which client to try it with."""

    probe: str
    user: str
    password: str
    database: str


def container(
    blueprint: Blueprint,
    settled: Settled,
    *,
    name: str,
    image: str,
    labels: Mapping[str, str],
    network: str | None,
    aliases: tuple[str, ...] = (),
    volume: str,
    volume_labels: Mapping[str, str],
    address: str,
    port: int,
) -> ContainerSpec:
    """Return the container that fulfils the order; the same order, the same container."""
    service = blueprint.service
    health = service.healthcheck
    return ContainerSpec(
        name=name,
        image=image,
        labels=labels,
        network=network,
        aliases=aliases,
        entrypoint=service.entrypoint,
        command=(*service.command, *_arguments(blueprint, settled)),
        environment=_environment(blueprint, settled),
        mounts=(VolumeMount(volume, service.data_path, volume_labels),),
        ports=(PublishedPort(address, port, blueprint.port),),
        user=service.user,
        memory_mib=settled.memory_mib,
        cpus=settled.cpus,
        pids=_pids(blueprint, settled),
        stop_signal=service.stop_signal,
        stop_grace_s=int(service.stop_grace_period),
        health=HealthCheck(
            test=health.test,
            interval_s=health.interval,
            timeout_s=health.timeout,
            start_period_s=health.start_period,
            retries=health.retries,
        ),
    )


def login(blueprint: Blueprint, settled: Settled) -> Login:
    """Return the credentials that the order made."""
    source = blueprint.login
    values = {**blueprint.service.environment, **settled.options}
    user = values.get(source.user_key or "", source.user)
    databases = (values[key] for key in source.database_keys if key in values)
    return Login(
        probe=source.probe,
        user=user,
        password=settled.secrets[source.password_key],
        database=next(databases, source.database),
    )


def url(blueprint: Blueprint, settled: Settled, address: str, port: int) -> str:
    """Return the address for a client library, credentials included."""
    who = login(blueprint, settled)
    return blueprint.url.format(
        user=quote(who.user, safe=""),
        password=quote(who.password, safe=""),
        database=quote(who.database, safe=""),
        address=urls.host(address),
        port=port,
    )


def show(blueprint: Blueprint, settled: Settled) -> dict[str, str]:
    """Return the outer extra keys of the resources door, such as `MYSQL_USER`."""
    who = login(blueprint, settled)
    return {
        key: value.format(user=who.user, database=who.database)
        for key, value in blueprint.show.items()
    }


def config(blueprint: Blueprint, settled: Settled) -> dict[str, object]:
    """Return the inner `config` of the resources door, secrets included."""
    said = {**settled.options, **settled.secrets}
    variables = environment(blueprint, settled)
    return {
        **{key: value for key, value in said.items() if key.startswith("--")},
        "inside_port": blueprint.port,
        **({"environment": variables} if variables else {}),
    }


def environment(blueprint: Blueprint, settled: Settled) -> dict[str, str]:
    """Return the variables that the server was given, secrets included."""
    said = {**settled.options, **settled.secrets}
    variables = {key: value for key, value in said.items() if not key.startswith("--")}
    return {**blueprint.service.environment, **variables}


def _arguments(blueprint: Blueprint, settled: Settled) -> list[str]:
    """Write every server option, ours first, that is not handed over in the environment."""
    return [
        part.replace("{name}", key.removeprefix("--")).replace("{value}", value)
        for key, value in _values(blueprint, settled).items()
        if _variable(blueprint, key) is None
        for part in blueprint.dialect.argument
    ]


def _environment(blueprint: Blueprint, settled: Settled) -> dict[str, str]:
    variables = {
        variable: value
        for key, value in {**_values(blueprint, settled), **settled.secrets}.items()
        if (variable := _variable(blueprint, key)) is not None
    }
    return {**blueprint.service.environment, **variables}


def _variable(blueprint: Blueprint, key: str) -> str | None:
    """Return the environment variable that hands the option over, if one does."""
    return blueprint.options[key].environment or (None if key.startswith("--") else key)


def _values(blueprint: Blueprint, settled: Settled) -> dict[str, str]:
    """Return our defaults, then what the order says."""
    defaults: dict[str, str] = {}
    for key, option in blueprint.options.items():
        share = None
        if isinstance(option, Quantity):
            share = option.share(settled.memory_mib, blueprint.dialect)
        value = option.default if share is None else share
        if value is not None and key not in settled.options:
            defaults[key] = value
    return {**defaults, **settled.options}


def _pids(blueprint: Blueprint, settled: Settled) -> int:
    """Return the limit of threads and processes: the server's own and one for each client."""
    values = _values(blueprint, settled)
    return blueprint.pids + sum(
        int(values[key]) * option.pids
        for key, option in blueprint.options.items()
        if isinstance(option, Integer) and key in values
    )
