"""The engine, asked without the code under test: a witness that is not the accused."""

import json
import os
from typing import Any

import httpx

from .until import until

DOCKER_HOST = os.environ.get("MOORAGE_DOCKER_HOST", "unix:///var/run/docker.sock")
TIMEOUT_S = 60

Json = dict[str, Any]  # Any: JSON


class Engine:
    """Containers, volumes and networks that carry one label."""

    def __init__(self, label: str) -> None:
        kind, _, place = DOCKER_HOST.partition("://")
        transport = httpx.HTTPTransport(uds=place if kind == "unix" else None)
        base_url = "http://docker" if kind == "unix" else f"http://{place}"
        self._http = httpx.Client(transport=transport, base_url=base_url, timeout=TIMEOUT_S)
        self._filters = json.dumps({"label": [label]})

    def containers(self) -> list[Json]:
        """List them, stopped ones too, as the engine's list has them."""
        found: list[Json] = self._ask("GET", "/containers/json", all="1", filters=self._filters)
        return found

    def running(self) -> list[Json]:
        """List the containers that run."""
        return [container for container in self.containers() if container["State"] == "running"]

    def volumes(self) -> list[Json]:
        """List them as the engine's list has them."""
        found: list[Json] = self._ask("GET", "/volumes", filters=self._filters)["Volumes"] or []
        return found

    def networks(self) -> list[Json]:
        """List them as the engine's list has them."""
        found: list[Json] = self._ask("GET", "/networks", filters=self._filters)
        return found

    def all(self) -> list[str]:
        """Return the names of everything."""
        return [
            *(container["Names"][0].lstrip("/") for container in self.containers()),
            *(volume["Name"] for volume in self.volumes()),
            *(network["Name"] for network in self.networks()),
        ]

    def inspect(self, container: str) -> Json:
        """Return all that the engine knows of a container."""
        found: Json = self._ask("GET", f"/containers/{container}/json")
        return found

    def top(self, container: str) -> list[str]:
        """Return the command lines of a container's processes, as everybody on the host sees."""
        processes = self._ask("GET", f"/containers/{container}/top", ps_args="-eo pid,args")
        return [" ".join(process[1:]) for process in processes["Processes"]]

    def do(self, verb: str, container: str) -> None:
        """Have a container start, stop, kill, pause, unpause or restart."""
        self._ask("POST", f"/containers/{container}/{verb}")

    def replace(self, container: str) -> str:
        """Put a new container with the same name, volume and port in its place; return its id."""
        old = self.inspect(container)
        [network] = old["NetworkSettings"]["Networks"]
        body = old["Config"] | {
            "HostConfig": old["HostConfig"],
            "NetworkingConfig": {"EndpointsConfig": {network: {}}},
        }
        del body["Hostname"]  # the old one's id
        self.remove(container)
        new = self._ask("POST", "/containers/create", body, name=old["Name"].lstrip("/"))["Id"]
        self.do("start", new)
        return str(new)

    def run(self, container: str, *command: str) -> int:
        """Run a command in a container, and return its exit code."""
        execution = self._ask("POST", f"/containers/{container}/exec", {"Cmd": command})["Id"]
        self._ask("POST", f"/exec/{execution}/start", {"Detach": True})
        seen = until(lambda: self._ended(execution), within_s=TIMEOUT_S)
        return int(seen["ExitCode"])

    def remove(self, container: str) -> None:
        """Remove a container behind everybody's back."""
        self._ask("DELETE", f"/containers/{container}", force="1", v="1")

    def remove_volume(self, volume: str) -> None:
        """Remove a volume behind everybody's back."""
        self._ask("DELETE", f"/volumes/{volume}")

    def networks_of(self, container: str) -> list[str]:
        """Return the names of a container's networks."""
        return list(self.inspect(container)["NetworkSettings"]["Networks"])

    def remove_network(self, network: str) -> None:
        """Remove a network behind everybody's back."""
        self._ask("DELETE", f"/networks/{network}")

    def remove_all(self) -> None:
        """Remove everything."""
        for container in self.containers():
            self.remove(container["Id"])
        for volume in self.volumes():
            self.remove_volume(volume["Name"])
        for network in self.networks():
            self.remove_network(network["Id"])

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def _ended(self, execution: str) -> Json | None:
        seen: Json = self._ask("GET", f"/exec/{execution}/json")
        return None if seen["ExitCode"] is None else seen

    def _ask(self, method: str, path: str, body: object = None, **query: str) -> Any:  # Any: JSON
        answer = self._http.request(method, path, json=body, params=query)
        assert answer.is_success or answer.status_code == 304, answer.text
        is_json = answer.headers.get("content-type") == "application/json"
        return answer.json() if is_json and answer.content else None
