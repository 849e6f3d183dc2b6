"""Keystone, Nova, Glance and Neutron over HTTP, in the place of requests' own adapters.

Behind them is the fake cloud: so the library is held to the same contract as the fake.
"""

import json
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import asdict
from typing import Any, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

import requests
import requests_mock

from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound
from moorage.openstack.access import Access
from moorage.openstack.fake import FakeCloud
from moorage.openstack.port import Action, Flavor, Image, Network, OverQuota, Server, ServerSpec

Json = dict[str, Any]  # Any: JSON
Result = TypeVar("Result")

KEYSTONE = "http://keystone.test/identity"
ACCESS = Access(KEYSTONE, "demo", "correct horse", "prj", "Default")

_HELD_S = 30

_VERSIONS: Mapping[str, Json] = {
    "nova.test": {"id": "v2.1", "version": "2.96", "min_version": "2.1"},
    "glance.test": {"id": "v2.16"},
    "neutron.test": {"id": "v2.0"},
}
_ROOTS = {"nova.test": "/v2.1", "glance.test": "/v2", "neutron.test": "/v2.0"}
_TOKEN = {
    "methods": ["password"],
    "expires_at": "2099-12-31T23:59:59.000000Z",
    "issued_at": "2030-01-31T12:00:00.000000Z",
    "user": {"id": "usr", "name": ACCESS.username, "domain": {"id": "default", "name": "Default"}},
    "project": {"id": ACCESS.project_id, "name": "demo", "domain": {"id": "default"}},
    "catalog": [
        {
            "type": kind,
            "name": kind,
            "id": kind,
            "endpoints": [{"id": kind, "interface": "public", "url": url, "region": "RegionOne"}],
        }
        for kind, url in {
            "compute": "http://nova.test/v2.1",
            "image": "http://glance.test",
            "network": "http://neutron.test",
        }.items()
    ],
}
_ACTIONS: Mapping[str, Action] = {"os-start": "start", "os-stop": "stop", "reboot": "reboot"}
_KINDS = {"images": Image, "flavors": Flavor, "networks": Network, "servers": Server}
_STATUS: Mapping[type[MoorageError], int] = {OverQuota: 403, Conflict: 409, NotFound: 404}


class Services:
    """logins: how many there were. down, slow: hosts that nobody reaches, or hears in time.

    calls: those of all but Keystone. token, password: the ones that are good. hold: what every
    answer waits for. refusal: status and body of every answer.
    """

    def __init__(self, mocker: requests_mock.Mocker, cloud: FakeCloud) -> None:
        self.cloud = cloud
        self.logins = 0
        self.down: set[str] = set()
        self.slow: set[str] = set()
        self.calls: list[str] = []
        self.token = "token"
        self.password = ACCESS.password
        self.hold: threading.Event | None = None
        self.refusal: tuple[int, object] | None = None
        mocker.add_matcher(self._answer)  # type: ignore[arg-type]  # its proxy of a request

    def _answer(self, request: requests.PreparedRequest) -> requests.Response:
        url = urlsplit(str(request.url))
        host, path = str(url.hostname), url.path.rstrip("/")
        if self.hold is not None:
            self.hold.wait(_HELD_S)
        if host in self.down:
            raise requests.exceptions.ConnectionError(f"{host} is down")
        if host in self.slow:
            raise requests.exceptions.ReadTimeout(f"{host} is slow")
        if host == "keystone.test":
            return self._keystone(request, path)
        root = _ROOTS[host]
        if path in ("", root):
            return _response(request, 200, _version(host, whole=not path))
        if request.headers.get("X-Auth-Token") != self.token:
            return _refusal(request, 401, "The request you have made requires authentication.")
        if self.refusal is not None:
            return _response(request, *self.refusal)
        self.calls.append(f"{request.method} {host}{path}")
        try:
            return _response(request, *self._told(request, path.removeprefix(root), url.query))
        except MoorageError as error:
            return _refusal(request, _STATUS.get(type(error), 400), error.message)

    def _keystone(self, request: requests.PreparedRequest, path: str) -> requests.Response:
        if not path.endswith("/auth/tokens"):
            link = {"rel": "self", "href": f"{KEYSTONE}/v3/"}
            found = {"id": "v3.14", "status": "stable", "links": [link]}
            whole = path == urlsplit(KEYSTONE).path
            content = {"versions": {"values": [found]}} if whole else {"version": found}
            return _response(request, 300 if whole else 200, content)
        self.logins += 1
        identity = _body(request)["auth"]["identity"]
        if identity["password"]["user"]["password"] != self.password:
            return _refusal(request, 401, "The request you have made requires authentication.")
        return _response(request, 201, {"token": _TOKEN}, {"X-Subject-Token": self.token})

    def _told(self, request: requests.PreparedRequest, path: str, query: str) -> tuple[int, object]:
        _, noun, *rest = map(unquote, path.split("/"))
        if noun == "limits":
            return 200, {"limits": {"absolute": now(self.cloud.limits())}}
        if request.method == "GET":
            found = self._found(noun, rest, parse_qs(query))
            return 200, found
        if request.method == "DELETE":
            return 204, now(self.cloud.delete(rest[0]))
        if rest:
            [action] = _body(request)
            return 202, now(self.cloud.act(rest[0], _ACTIONS[action]))
        asked = _body(request)["server"]
        spec = ServerSpec(
            name=asked["name"],
            image=asked["imageRef"],
            flavor=asked["flavorRef"],
            network=asked["networks"][0]["uuid"],
            metadata=asked["metadata"],
        )
        return 202, {"server": {"id": now(self.cloud.create(spec)), "adminPass": "hush"}}

    def _found(self, noun: str, rest: Sequence[str], query: Mapping[str, list[str]]) -> Json:
        kind = _KINDS[noun]
        if rest in ([], ["detail"]):
            limit, marker = int(query["limit"][0]), query.get("marker", [None])[0]
            if kind is Image and ":" in query.get("name", [""])[0]:
                raise Invalid("Unable to filter by unknown operator.")
            return {
                noun: [
                    _shown(one) for one in now(self.cloud.page(kind, limit=limit, marker=marker))
                ]
            }
        if kind is Server:
            return {"server": _shown(now(self.cloud.get(rest[0])))}
        found = [one for one in now(self.cloud.matching(kind, rest[0])) if one.id == rest[0]]
        if not found:
            raise NotFound(f"{rest[0]} could not be found.")
        return _shown(found[0]) if kind is Image else {noun[:-1]: _shown(found[0])}


def now(coroutine: Coroutine[Any, Any, Result]) -> Result:  # Any: of the fake, which never waits
    """Return what a call of the fake cloud returns."""
    try:
        coroutine.send(None)
    except StopIteration as returned:
        result: Result = returned.value
        return result
    raise AssertionError("the fake cloud waits")


def _shown(one: object) -> Json:
    """Return something as its service shows it."""
    told: Json = asdict(one)  # type: ignore[call-overload]  # one of the port's dataclasses
    if isinstance(one, Server):
        told["OS-EXT-STS:task_state"] = told.pop("task")
        told["flavor"] = {**told["flavor"], "original_name": told["flavor"]["name"]}
        fault = told.pop("fault")
        if fault is not None:
            told["fault"] = {"code": 500, "message": fault}
    return told


def _version(host: str, *, whole: bool) -> Json:
    link = {"rel": "self", "href": f"http://{host}{_ROOTS[host]}/"}
    found = {"status": "CURRENT", "links": [link]} | _VERSIONS[host]
    return {"versions": [found]} if whole else {"version": found}


def _body(request: requests.PreparedRequest) -> Json:
    assert request.body is None or isinstance(request.body, str | bytes)
    content: Json = json.loads(request.body or b"{}")
    return content


def _refusal(request: requests.PreparedRequest, status: int, message: str) -> requests.Response:
    return _response(request, status, {"error": {"code": status, "message": message}})


def _response(
    request: requests.PreparedRequest,
    status: int,
    content: object,
    headers: Mapping[str, str] | None = None,
) -> requests.Response:
    if content is None:
        return requests_mock.create_response(request, status_code=status)
    return requests_mock.create_response(
        request,
        status_code=status,
        json=content,
        headers=dict(headers or {}) | {"Content-Type": "application/json"},
    )
