"""What people store in each app, and how they read it again."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..service import Json
from . import apis, sites, sockets, tables
from .browser import TEXT as TEXT


class App(NamedTuple):
    """store, read: with the app's credentials. options: of the order."""

    store: Callable[[Json], None]
    read: Callable[[Json], str]
    options: Mapping[str, object] = {}


class Tool(NamedTuple):
    """make, read: with the tool's credentials and a database server's. options: for the
    database of that name."""

    make: Callable[[Json, Json], None]
    read: Callable[[Json, Json], str]
    options: Callable[[str], Mapping[str, object]]


APPS: Mapping[str, App] = {
    "dokuwiki": App(sites.write_wiki_page, sites.read_wiki_page),
    "kanboard": App(sites.make_board, sites.read_board),
    "matomo": App(sites.visit, sites.read_visit),
    "mediawiki": App(sites.write_article, sites.read_article),
    "mosquitto": App(sockets.retain, sockets.read_retained),
    "nats": App(sockets.stream, sockets.read_stream),
    "prometheus": App(apis.wait_for_sample, apis.read_sample, {"PROMETHEUS_INTERVAL": 5}),
    "rabbitmq": App(apis.queue_message, apis.read_message),
    "radicale": App(apis.enter_event, apis.read_event),
    "redmine": App(sites.make_project, sites.read_project),
    "wordpress": App(sites.write_post, sites.read_post),
}
TOOLS: Mapping[str, Tool] = {
    "adminer": Tool(
        tables.make_in_adminer,
        tables.read_in_adminer,
        lambda database: {"ADMINER_DEFAULT_SERVER": database},
    ),
    "phpmyadmin": Tool(
        tables.make_in_phpmyadmin,
        tables.read_in_phpmyadmin,
        lambda database: {"PMA_HOST": database},
    ),
}
