"""Every setting. Nothing else reads the environment."""

import ipaddress
import os
import re
import socket
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from moorage.kit.errors import Invalid

PREFIX = "MOORAGE_"

_REDIS_URL = re.compile(
    r"(redis|rediss)://([^:@/?#\s]*(:[^@/?#\s]*)?@)?([\w.-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?(/\d*)?"
    r"|unix://([^:@/?#\s]*(:[^@/?#\s]*)?@)?/[^@?#\s]+"
)
_DATABASE_URL = "is written postgresql://user:password@host/db, or sqlite:///file"
# Variables without prefix that set something too: the documents of what we replace have them.
_BARE = {
    "openstack_auth_url": "AUTH_URL",
    "openstack_username": "USERNAME",
    "openstack_password": "PASSWORD",
    "openstack_project_id": "PROJECT_ID",
    "openstack_user_domain_name": "USER_DOMAIN_NAME",
    "app_secret_key": "APP_SECRET_KEY",
}


def default_data_dir() -> Path:
    """Return /var/lib/moorage for root and ~/.local/share/moorage for anybody else."""
    if os.geteuid() == 0:
        return Path("/var/lib/moorage")
    return Path.home() / ".local/share/moorage"


def find_data_dir() -> Path:
    """Return the data directory of the environment, whatever its settings file says."""
    return Path(os.environ.get(f"{PREFIX}DATA_DIR") or default_data_dir())


def _port_range(text: str) -> str:
    first, dash, last = text.partition("-")
    if not (dash and first.isdecimal() and last.isdecimal()):
        raise ValueError("is written FIRST-LAST, for example 3307-4306")
    if not 1 <= int(first) <= int(last) <= 65535:
        raise ValueError("lies within 1-65535, the lower port first")
    return text


def _prefix(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?", text):
        raise ValueError("has 1 to 32 lower-case letters, digits and hyphens, none at its ends")
    return text


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _database_url(text: str) -> str:
    if not text:
        return text
    from sqlalchemy import make_url  # most commands need no database, and this takes long to load
    from sqlalchemy.exc import ArgumentError

    if text.startswith("postgres://"):  # as some platforms write it
        text = text.replace("postgres", "postgresql", 1)
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise ValueError(_DATABASE_URL) from error
    # A password in the query would be shown with it.
    is_ours = url.get_backend_name() in ("sqlite", "postgresql")
    if not is_ours or any("password" in name for name in url.query):
        raise ValueError(_DATABASE_URL)
    return text


def _redis_url(text: str) -> str:
    if text and not _REDIS_URL.fullmatch(text):
        raise ValueError(
            "is written redis://:password@host:port/number, with %40 for an @ in the password"
        )
    return text


def _pool(text: str) -> str:
    return str(ipaddress.IPv4Network(text))


Address = Annotated[str, AfterValidator(_address)]


class Settings(BaseSettings):
    """The settings, from the environment (`MOORAGE_<NAME>`) or `moorage.toml`; first one wins.

    What is set to nothing there is not set.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )
    _given: dict[str, Any] = PrivateAttr(default_factory=dict)  # Any: see load

    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where Moorage keeps its database, key and settings file.",
    )
    port: int = Field(
        default=8080, ge=0, le=65535, description="Port that `moor serve` listens on."
    )
    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        default="",
        description="The database; empty: SQLite in the data directory. "
        "For PostgreSQL: postgresql://user:password@host/db.",
    )
    redis_url: Annotated[str, AfterValidator(_redis_url)] = Field(
        default="",
        description="Where sessions are kept: redis://:password@host:6379/0 (rediss: with TLS); "
        "empty: in the database.",
    )
    secret_key_file: Path | None = Field(
        default=None,
        description="Keys that seal stored secrets, one a line, newest first; made on first start. "
        "Empty: secret.key in the data directory.",
    )
    docker_host: str = Field(
        default="unix:///var/run/docker.sock",
        description="The Docker Engine that becomes the server `local`.",
    )
    publish_address: Address = Field(
        default="127.0.0.1",
        description="Address on which instances can be reached, and which clients are told.",
    )
    database_ports: Annotated[str, AfterValidator(_port_range)] = Field(
        default="3307-4306", description="Ports that databases and caches are published on."
    )
    app_ports: Annotated[str, AfterValidator(_port_range)] = Field(
        default="9001-9999", description="Ports that apps are published on."
    )
    app_prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="websoft9",
        description="What the names of apps' containers begin with: websoft9-redmine.",
    )
    network_pool: Annotated[str, AfterValidator(_pool)] = Field(
        default="10.209.0.0/16",
        description="Private addresses from which each owner's network, and each app's, "
        "gets its own subnet.",
    )
    network_prefix: int = Field(
        default=25, ge=16, le=28, description="Size of a subnet: /25 has 125 addresses."
    )
    images: Literal["auto", "registry", "build"] = Field(
        default="auto",
        description="Where images come from: official ones from a registry, or built from "
        "Debian packages; auto: the registry if it answers. One of auto, registry, build.",
    )
    debian_mirror: str = Field(
        default="",
        description="Debian mirror for built images; empty: the one this machine uses itself.",
    )
    compose: Path | None = Field(
        default=None,
        description="The Docker Compose program; empty: the one make setup fetched, or Docker's.",
    )
    machines: Path | None = Field(
        default=None,
        description="The file of machines that are not ours to run; read again when it changes. "
        "Empty: machines.json in the data directory, if it is there.",
    )
    operations_at_once: int = Field(
        default=16, ge=1, le=64, description="How many operations one process performs at once."
    )
    operations_per_server: int = Field(
        default=8, ge=1, le=64, description="How many operations work on one server at once."
    )
    keep_operations_days: int = Field(
        default=30, ge=1, description="How long operations that ended can be looked up."
    )
    leftovers: Literal["report", "remove"] = Field(
        default="report",
        description="What becomes of containers, volumes and networks that carry this "
        "installation's label and belong to nothing it knows: report or remove.",
    )
    leftovers_grace_s: int = Field(
        default=3600, ge=0, description="How long such leftovers stay before they are removed."
    )
    stop_grace_s: float = Field(
        default=5, ge=0, le=60, description="How long a stopping service waits for operations."
    )
    quota_instances: int = Field(
        default=100, ge=0, description="How many instances one user may have."
    )
    quota_memory_mib: int = Field(
        default=0, ge=0, description="How much memory one user's instances may get; 0: no limit."
    )
    login_failures: int = Field(
        default=20, ge=1, description="Failed logins from one address in a minute before a pause."
    )
    ticket_ttl_s: float = Field(
        default=7200, gt=0, le=2592000, description="How long a session lasts."
    )
    requests_per_minute: int = Field(
        default=6000, ge=0, description="How many requests one caller may send; 0: no limit."
    )
    trusted_proxies: Annotated[tuple[Address, ...], NoDecode] = Field(
        default=(),
        description="Proxies whose X-Forwarded-For counts: addresses, with commas between.",
    )
    openstack_auth_url: str = Field(
        default="", description="Keystone of the cloud that VMs are made on; also AUTH_URL."
    )
    openstack_username: str = Field(default="", description="User of the cloud; also USERNAME.")
    openstack_password: SecretStr = Field(
        default=SecretStr(""), description="That user's password; also PASSWORD."
    )
    openstack_project_id: str = Field(
        default="", description="Project that VMs belong to; also PROJECT_ID."
    )
    openstack_user_domain_name: str = Field(
        default="", description="Domain of the user; also USER_DOMAIN_NAME."
    )
    openstack_cloud: str = Field(
        default="", description="Entry of clouds.yaml to use instead of the five above."
    )
    openstack_timeout_s: float = Field(
        default=30, ge=1, le=300, description="How long the cloud may take to answer."
    )
    app_secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Secret of sessions: with another one they all end; also APP_SECRET_KEY. "
        "Empty: the keys that seal stored secrets.",
    )
    log_format: Literal["text", "json"] = Field(
        default="text", description="How logs are written: text or json."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least level that is logged: debug, info, warning or error."
    )

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def database(self) -> str:
        """The database URL in force."""
        return self.database_url or f"sqlite:///{self.data_dir / 'moorage.db'}"

    @property
    def secret_key(self) -> Path:
        """The key file in force."""
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def machines_file(self) -> Path:
        """The file of machines in force."""
        return self.machines or self.data_dir / "machines.json"

    @property
    def reachable_address(self) -> str:
        """The address that clients are told: the published one, or this server's own for all."""
        if not ipaddress.ip_address(self.publish_address).is_unspecified:
            return self.publish_address
        return own_address()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (
            init_settings,
            env_settings,
            InitSettingsSource(settings_cls, _bare()),
            InitSettingsSource(settings_cls, _toml(init_settings())),
        )


def own_address() -> str:
    """Return the address from which this server speaks to others; without one, its loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737; connecting a UDP socket sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def load(**given: Any) -> Settings:  # Any: values of the command line, checked by pydantic
    """Read the settings; what is given (from a command line) wins. Raises Invalid."""
    chosen = {name: value for name, value in given.items() if value is not None}
    try:
        settings = Settings(**chosen)
    except ValidationError as error:
        fields = {
            PREFIX + str(problem["loc"][0]).upper(): problem["msg"].removeprefix("Value error, ")
            for problem in error.errors()
        }
        sentences = "; ".join(f"{name}: {reason}" for name, reason in fields.items())
        raise Invalid(f"Settings are wrong: {sentences}.", fields=fields) from error
    except tomllib.TOMLDecodeError as error:
        raise Invalid(f"{_toml_file(chosen)} is not TOML: {error}.") from error
    settings._given = chosen
    return settings


def hand_down(settings: Settings) -> None:
    """Have processes that we start see the data directory of this command line."""
    os.environ[f"{PREFIX}DATA_DIR"] = str(settings.data_dir)


def sources(settings: Settings) -> dict[str, dict[str, Any]]:  # Any: unvalidated values
    """Return what each source sets, the first one that wins first; also what is no setting."""
    prefixed = {
        name.removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and value
    }
    return {
        "command line": settings._given,
        "environment": _bare() | prefixed,
        "moorage.toml": _toml(settings._given),
    }


def _toml(given: dict[str, Any]) -> dict[str, Any]:  # Any: TOML
    values = TomlConfigSettingsSource(Settings, toml_file=_toml_file(given))()
    return {name: value for name, value in values.items() if value != ""}


def _bare() -> dict[str, Any]:  # Any: unvalidated values
    return {name: value for name, bare in _BARE.items() if (value := os.environ.get(bare))}


def _toml_file(given: dict[str, Any]) -> Path:  # Any: unvalidated values
    return Path(given.get("data_dir") or find_data_dir()) / "moorage.toml"
