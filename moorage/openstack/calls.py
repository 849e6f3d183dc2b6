"""Calls of openstacksdk, which blocks. Imported when the first one is made: that takes 0.4 s."""

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import openstack
from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException, raise_from_response
from openstack.proxy import Proxy
from yaml import YAMLError

from moorage.kit.errors import Invalid, NotFound
from moorage.openstack import answers
from moorage.openstack.access import Access
from moorage.openstack.answers import MICROVERSION, RECLAIMED_LATER, Json
from moorage.openstack.errors import UNREADABLE, cloud_error, unreadable
from moorage.openstack.port import (
    LONGEST_PAGE,
    Action,
    Flavor,
    Image,
    Kind,
    Network,
    Server,
    ServerSpec,
    unknown_marker,
)

# Its debug lines hold whole answers, with the passwords of new servers.
logging.getLogger("keystoneauth").setLevel(logging.INFO)

_LONGEST_NAME = 255
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ACTIONS: Mapping[Action, Json] = {
    "start": {"os-start": None},
    "stop": {"os-stop": None},
    "reboot": {"reboot": {"type": "SOFT"}},
}


@dataclass(frozen=True, slots=True)
class _Noun:
    """Where things of a kind are. key: of one in an answer; empty: the answer is the thing."""

    service: str
    path: str
    list_path: str
    key: str = ""

    @property
    def list_key(self) -> str:
        return self.path.strip("/")


_NOUNS: Mapping[type, _Noun] = {
    Image: _Noun("image", "/images", "/images"),
    Flavor: _Noun("compute", "/flavors", "/flavors/detail", "flavor"),
    Network: _Noun("network", "/networks", "/networks", "network"),
    Server: _Noun("compute", "/servers", "/servers/detail", "server"),
}


class Calls:
    """A connection that is logged in, used by several threads at once."""

    def __init__(self, access: Access, *, timeout_s: float) -> None:
        with _translated():
            self._connection = openstack.connect(
                app_name="moorage", api_timeout=timeout_s, **access.arguments()
            )
            self._connection.session.get_token()

    def page(self, kind: type[Kind], limit: int, marker: str | None) -> list[Kind]:
        """Return some of a kind."""
        asked = {"limit": limit} | ({"marker": marker} if marker is not None else {})
        try:
            return self._list(kind, asked)
        except (Invalid, NotFound) as error:
            if marker is None:
                raise
            raise unknown_marker(marker) from error

    def matching(self, kind: type[Kind], name_or_id: str) -> list[Kind]:
        """Return what has the id, or just that name."""
        if len(name_or_id) > _LONGEST_NAME:
            return []
        if _ID.fullmatch(name_or_id):
            try:
                return [self._get(kind, name_or_id)]
            except NotFound:
                pass
        some = self._all(kind, _by_name(kind, name_or_id))
        return [one for one in some if one.id == name_or_id] or [
            one for one in some if one.name == name_or_id
        ]

    def get(self, server_id: str) -> Server:
        """Return a server. Raises NotFound."""
        return self._get(Server, server_id)

    def create(self, spec: ServerSpec) -> str:
        """Ask for a server and return its id."""
        told = self._call("compute", "POST", "/servers", json=answers.order(spec))
        with _readable():
            return str(told["server"]["id"])

    def delete(self, server_id: str) -> None:
        """Ask for a server's removal."""
        self._call("compute", "DELETE", _path("/servers", server_id))

    def act(self, server_id: str, action: Action) -> None:
        """Ask for something to be done with a server."""
        path = f"{_path('/servers', server_id)}/action"
        self._call("compute", "POST", path, json=_ACTIONS[action])

    def limits(self) -> dict[str, int]:
        """Return the absolute limits."""
        told = self._call("compute", "GET", "/limits")
        with _readable():
            return answers.limits(told)

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _get(self, kind: type[Kind], identifier: str) -> Kind:
        noun = _NOUNS[kind]
        told = self._call(noun.service, "GET", _path(noun.path, identifier))
        with _readable():
            one = told[noun.key] if noun.key else told
            if one.get("status") != RECLAIMED_LATER:
                return answers.read(kind, one)
        raise NotFound(f"{identifier} is gone.")

    def _list(self, kind: type[Kind], asked: Json) -> list[Kind]:
        noun = _NOUNS[kind]
        told = self._call(noun.service, "GET", noun.list_path, params=asked)
        with _readable():
            return [answers.read(kind, one) for one in told[noun.list_key]]

    def _all(self, kind: type[Kind], asked: Json) -> list[Kind]:
        found: list[Kind] = []
        while True:
            after = {"marker": found[-1].id} if found else {}
            some = self._list(kind, {**asked, **after, "limit": LONGEST_PAGE})
            found += some
            if len(some) < LONGEST_PAGE:
                return found

    def _call(self, service: str, method: str, path: str, **about: Any) -> Json:  # Any: JSON
        """Return what a service answers, `{}` when that is nothing."""
        if service == "compute":
            about["microversion"] = MICROVERSION
        with _translated():
            proxy: Proxy = getattr(self._connection, service)
            answer = proxy.request(path, method, **about)
            raise_from_response(answer)
        with _readable():
            content: Json = answer.json() if answer.content else {}
            return content


def _by_name(kind: type, name: str) -> dict[str, str]:
    """Return what narrows a list down to a name; whoever asks compares them all the same.

    Flavors can have any text for an id, and cannot be asked for by name. Other characters are too
    much for some databases of Nova's, which takes a regular expression. What stands before a colon
    is an operator to Glance: https://docs.openstack.org/api-ref/image/v2/#list-images
    """
    is_operator = kind is Image and ":" in name
    if kind is Flavor or is_operator or not (name.isascii() and name.isprintable()):
        return {}
    return {"name": f"^{re.escape(name)}$" if kind is Server else name}


def _path(collection: str, identifier: str) -> str:
    return f"{collection}/{quote(identifier, safe='')}"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SDKException, ClientException, YAMLError) as error:
        raise cloud_error(error) from error


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except UNREADABLE as error:
        raise unreadable(error) from error
