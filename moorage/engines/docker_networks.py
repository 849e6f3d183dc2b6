"""Networks and volumes of a Docker Engine."""

from collections.abc import Mapping, Sequence

from moorage.engines.docker_answers import Created, ListedNetwork, Volumes
from moorage.engines.docker_body import label_filter, network_body, quoted
from moorage.engines.http import EngineClient
from moorage.engines.polling import soon
from moorage.engines.port import Network, SubnetTaken, Volume
from moorage.kit.errors import Conflict, NotFound


class DockerNetworks:
    """The network and volume calls of a Docker Engine."""

    _client: EngineClient

    async def ensure_network(
        self, name: str, *, labels: Mapping[str, str], subnet: str | None
    ) -> str:
        """Have one bridge network of that name with these labels; return its id."""
        if known := await self._oldest_network(name, labels):
            return known
        try:
            body = network_body(name, labels, subnet)
            made = await self._client.ask("POST", "/networks/create", Created, json=body)
        except (Conflict, SubnetTaken):
            # Perhaps another worker makes the same one; the engine lists it when it is done.
            if known := await soon(lambda: self._oldest_network(name, labels)):
                return known
            raise
        return await self._oldest_network(name, labels) or made.id

    async def find_networks(self, labels: Mapping[str, str]) -> Sequence[Network]:
        """List networks that carry all labels."""
        query = label_filter(labels)
        answer = await self._client.ask("GET", "/networks", list[ListedNetwork], query=query)
        return [item.network() for item in answer]

    async def remove_network(self, id_or_name: str) -> bool:
        """Remove it. Returns False while running containers use it."""
        try:
            await self._client.send("DELETE", f"/networks/{quoted(id_or_name)}")
        except NotFound:
            return True
        except Conflict:
            return False
        return True

    async def find_volumes(self, labels: Mapping[str, str]) -> Sequence[Volume]:
        """List volumes that carry all labels."""
        query = label_filter(labels)
        answer = await self._client.ask("GET", "/volumes", Volumes, query=query)
        return [item.volume() for item in answer.volumes or []]

    async def ensure_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Have a volume of that name."""
        body = {"Name": name, "Labels": labels}
        await self._client.send("POST", "/volumes/create", json=body)

    async def remove_volume(self, name: str) -> None:
        """Remove it."""
        try:
            await self._client.send("DELETE", f"/volumes/{quoted(name)}")
        except NotFound:
            return

    async def _oldest_network(self, name: str, labels: Mapping[str, str]) -> str | None:
        """Return the id of our oldest network of that name and remove the others.

        Engines up to 24 check for a name only before they make a network, so two workers at
        once can leave two of one name.
        """
        query = label_filter(labels, name=[name])
        answer = await self._client.ask("GET", "/networks", list[ListedNetwork], query=query)
        ours = sorted(
            (item for item in answer if item.name == name),  # the filter takes parts of a name
            key=lambda item: (item.created, item.id),
        )
        for younger in ours[1:]:
            await self.remove_network(younger.id)
        return ours[0].id if ours else None
