"""Networks, volumes and images of the fake engine."""

import shlex
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network

from moorage.engines.fake_state import FakeState, carries
from moorage.engines.port import Image, ImageMissing, Network, Say, SubnetTaken, Volume
from moorage.kit.errors import Conflict


class FakeStores(FakeState):
    """The network, volume and image calls of the fake."""

    async def ensure_network(
        self, name: str, *, labels: Mapping[str, str], subnet: str | None
    ) -> str:
        """Have one network of that name with these labels; return its id."""
        self._enter("ensure_network")
        for known in self.networks.values():
            if known.name == name:
                if carries(known.labels, labels):
                    return known.id
                raise Conflict(f"There is a network {name} on this server that is not ours.")
        if subnet and any(_overlap(subnet, net.subnet) for net in self.networks.values()):
            raise SubnetTaken(f"The subnet {subnet} overlaps with a network of this server.")
        network = Network(id=self._new_id(), name=name, labels=dict(labels), subnet=subnet)
        self.networks[network.id] = network
        return network.id

    async def find_networks(self, labels: Mapping[str, str]) -> Sequence[Network]:
        """List networks that carry all labels."""
        self._enter("find_networks")
        return [net for net in self.networks.values() if carries(net.labels, labels)]

    async def remove_network(self, id_or_name: str) -> bool:
        """Remove it. Returns False while running containers use it."""
        self._enter("remove_network")
        for network in list(self.networks.values()):
            if id_or_name in {network.id, network.name}:
                if any(spec.network == network.name for spec in self._running()):
                    return False
                del self.networks[network.id]
        return True

    async def find_volumes(self, labels: Mapping[str, str]) -> Sequence[Volume]:
        """List volumes that carry all labels."""
        self._enter("find_volumes")
        return [volume for volume in self.volumes.values() if carries(volume.labels, labels)]

    async def ensure_volume(self, name: str, *, labels: Mapping[str, str]) -> None:
        """Have a volume of that name."""
        self._enter("ensure_volume")
        self.volumes.setdefault(name, Volume(name, dict(labels)))

    async def remove_volume(self, name: str) -> None:
        """Remove it."""
        self._enter("remove_volume")
        mounts = (m for c in self.containers.values() for m in c.spec.mounts)
        if any(mount.volume == name for mount in mounts):
            raise Conflict(f"A container uses the volume {name}: remove the container first.")
        self.volumes.pop(name, None)

    async def find_image(self, ref: str) -> Image | None:
        """Return the image or None."""
        self._enter("find_image")
        return self.images.get(ref)

    async def list_images(self, labels: Mapping[str, str]) -> Sequence[Image]:
        """List images that carry all labels."""
        self._enter("list_images")
        found = (image for image in self.images.values() if carries(image.labels, labels))
        return [replace(image, volumes=()) for image in found]

    async def ask_registry(self, ref: str, *, timeout_s: float) -> None:
        """Return when the registry has it."""
        self._enter("ask_registry")
        if ref not in self.registry:
            raise ImageMissing(f"No registry of this server has {ref}.")

    async def pull_image(self, ref: str, *, say: Say, connect_timeout_s: float = 5) -> None:
        """Have it, if the registry does."""
        self._enter("pull_image")
        if ref not in self.registry:
            raise ImageMissing(f"No registry of this server has {ref}.")
        self.add_image(ref)
        await say(f"Pulled {ref}")

    async def import_image(
        self,
        ref: str,
        rootfs: AsyncIterator[bytes],
        *,
        changes: Sequence[str] = (),
    ) -> None:
        """Have an image of that name; its content goes nowhere."""
        self._enter("import_image")
        async for _ in rootfs:
            pass
        words = [shlex.split(change) for change in changes]
        labels = [pair for first, *rest in words if first == "LABEL" for pair in rest]
        volumes = [path for first, *rest in words if first == "VOLUME" for path in rest]
        self.add_image(ref, dict(pair.split("=", 1) for pair in labels), volumes)

    async def build_image(
        self,
        ref: str,
        context: bytes,
        *,
        labels: Mapping[str, str],
        args: Mapping[str, str],
        say: Say,
    ) -> None:
        """Have an image of that name, with the volumes of its SOURCE; nothing is run."""
        self._enter("build_image")
        await say(f"Built {ref}")
        source = self.images.get(args.get("SOURCE", ""))
        self.add_image(ref, labels, source.volumes if source else ())

    async def remove_image(self, ref: str) -> None:
        """Remove it."""
        self._enter("remove_image")
        if any(container.spec.image == ref for container in self.containers.values()):
            raise Conflict(f"A container uses the image {ref}: remove the container first.")
        self.images.pop(ref, None)


def _overlap(subnet: str, other: str | None) -> bool:
    return other is not None and ip_network(subnet).overlaps(ip_network(other))
