"""A cloud in memory that has what an order needs."""

from uuid import UUID

from moorage.identity.models import User
from moorage.openstack.fake import NO_HOST, FakeCloud
from moorage.openstack.port import OWNER_KEY, Flavor, Image, Network, Server

ORDER = {
    "name": "web-1",
    "image_id": "cirros",
    "flavor_id": "m1.tiny",
    "network_id": "private",
}


def make_cloud(**quotas: int) -> FakeCloud:
    """Return a cloud with images, flavors and networks, among them some of the same name."""
    return FakeCloud(
        images=[_image(1, "cirros"), _image(2, "twin"), _image(3, "twin")],
        flavors=[
            Flavor("1", "m1.tiny", vcpus=1, ram=512, disk=1),
            Flavor("2", "m1.small", vcpus=1, ram=2048, disk=20),
            Flavor("3", NO_HOST, vcpus=1, ram=512, disk=1),
        ],
        networks=[_network(11, "private"), _network(12, "public")],
        quotas=quotas,
    )


def make_vm(cloud: FakeCloud, name: str = "web-1", *, owner: User | None = None) -> Server:
    """Have a VM: somebody's, or one that was not made through us."""
    return cloud.add(name, metadata={OWNER_KEY: owner.id} if owner else {})


def _image(number: int, name: str) -> Image:
    return Image(
        id=str(UUID(int=number)),
        name=name,
        status="active",
        size=13_287_936,
        min_disk=0,
        min_ram=0,
        created_at="2030-01-31T12:00:00Z",
        visibility="public",
        disk_format="qcow2",
    )


def _network(number: int, name: str) -> Network:
    return Network(id=str(UUID(int=number)), name=name, status="ACTIVE", subnets=[])
