"""The configuration files of the services, written at each start."""

import getpass
import shutil
from collections.abc import Mapping

import places

Sections = Mapping[str, Mapping[str, object]]

LOCKS = {"oslo_concurrency": {"lock_path": places.DATA / "locks"}}
QUIET = {"oslo_messaging_notifications": {"driver": "noop"}}


def write() -> None:
    """Write them all."""
    ini("keystone/keystone.conf", keystone())
    ini("glance/glance-api.conf", glance())
    ini("placement/placement.conf", placement())
    ini("nova/nova.conf", nova())
    without_databases = {
        name: options for name, options in nova().items() if not name.endswith("database")
    }
    ini("nova/nova-compute.conf", without_databases)  # it refuses to start with one
    ini("neutron/neutron.conf", neutron())
    for service in ("nova", "neutron"):
        paste = places.VENV / "etc" / service / "api-paste.ini"
        shutil.copyfile(paste, places.ETC / service / "api-paste.ini")
    places.write(places.ETC / "rabbitmq.conf", rabbit())
    places.write(places.ETC / "rabbitmq-plugins", "[].")


def database_url(name: str) -> str:
    """Return the URL of a database; who we are is all that MariaDB asks."""
    return (
        f"mysql+pymysql://{getpass.getuser()}@localhost/{name}"
        f"?unix_socket={places.SOCKET}&charset=utf8mb3"
    )


def keystone() -> Sections:
    """Return the sections of Keystone."""
    return QUIET | {
        "database": {"connection": database_url("keystone")},
        "token": {"provider": "fernet"},
        "fernet_tokens": {"key_repository": places.DATA / "fernet"},
        "fernet_receipts": {"key_repository": places.DATA / "fernet"},
        "credential": {"key_repository": places.DATA / "credential"},
        "identity": {"password_hash_rounds": 4},
        "cache": {"backend": "dogpile.cache.memory"},
    }


def glance() -> Sections:
    """Return the sections of Glance."""
    paste = places.VENV / "etc" / "glance" / "glance-api-paste.ini"
    images = places.DATA / "images"
    return QUIET | LOCKS | {
        "DEFAULT": {"enabled_backends": "file:file"},
        "database": {"connection": database_url("glance")},
        "glance_store": {"default_backend": "file"},
        "file": {"filesystem_store_datadir": images},
        "os_glance_staging_store": {"filesystem_store_datadir": images / "staging"},
        "os_glance_tasks_store": {"filesystem_store_datadir": images / "tasks"},
        "paste_deploy": {"flavor": "keystone", "config_file": paste},
        "keystone_authtoken": login("glance"),
    }  # fmt: skip


def placement() -> Sections:
    """Return the sections of Placement."""
    return {
        "placement_database": {"connection": database_url("placement")},
        "api": {"auth_strategy": "keystone"},
        "keystone_authtoken": login("placement"),
    }


def nova() -> Sections:
    """Return the sections of Nova."""
    logins = ("keystone_authtoken", "placement", "neutron", "glance")
    return QUIET | LOCKS | {name: login("nova") for name in logins} | {
        "DEFAULT": {
            "host": "devcloud",
            "my_ip": places.HOST,
            "state_path": places.DATA / "nova",
            "transport_url": broker_url(),
            "compute_driver": "moorage_driver.Driver",
            "vif_plugging_is_fatal": False,
            "vif_plugging_timeout": 0,
        },
        "api_database": {"connection": database_url("nova_api")},
        "database": {"connection": database_url("nova")},
        "wsgi": {"api_paste_config": places.ETC / "nova" / "api-paste.ini"},
        "scheduler": {"workers": 1},
        "conductor": {"workers": 1},
        "vnc": {"enabled": False},
        "service_user": {"send_service_user_token": True, **login("nova")},
    }  # fmt: skip


def neutron() -> Sections:
    """Return the sections of Neutron."""
    return QUIET | LOCKS | {
        "DEFAULT": {
            "core_plugin": "ml2",
            "service_plugins": "router",  # without it no network can be external
            "auth_strategy": "keystone",
            "api_paste_config": places.ETC / "neutron" / "api-paste.ini",
            "state_path": places.DATA / "neutron",
            "transport_url": broker_url(),
            "dhcp_agent_notification": False,
        },
        "database": {"connection": database_url("neutron")},
        "ml2": {
            "type_drivers": "local,flat,vlan",
            "tenant_network_types": "local",
            "mechanism_drivers": "moorage",
            "extension_drivers": "port_security",
        },
        "keystone_authtoken": login("neutron"),
        "nova": login("nova"),
    }  # fmt: skip


def login(user: str) -> Mapping[str, object]:
    """Return how a service proves to Keystone who it is."""
    return {
        "auth_url": places.KEYSTONE,
        "www_authenticate_uri": places.KEYSTONE,
        "auth_type": "password",
        "username": user,
        "password": places.password("service"),
        "project_name": "service",
        "user_domain_name": "Default",
        "project_domain_name": "Default",
        "region_name": "RegionOne",
    }


def broker_url() -> str:
    """Return the URL of RabbitMQ."""
    return f"rabbit://moorage:{places.password('rabbit')}@{places.HOST}:{places.PORTS['rabbit']}/"


def rabbit() -> str:
    """Return the configuration of RabbitMQ."""
    options = {
        "listeners.tcp.default": f"{places.HOST}:{places.PORTS['rabbit']}",
        "default_user": "moorage",
        "default_pass": places.password("rabbit"),
        "log.file": "false",
        "log.console": "true",
        "disk_free_limit.absolute": "50MB",
    }
    return "".join(f"{name} = {value}\n" for name, value in options.items())


def ini(name: str, sections: Sections) -> None:
    """Write a file of sections into etc/."""
    lines = [
        line
        for section, options in sections.items()
        for line in (f"[{section}]", *(f"{key} = {value}" for key, value in options.items()), "")
    ]
    places.write(places.ETC / name, "\n".join(lines))
