"""What is in the cloud, made through its own APIs.

Commands: services, content, project NAME [N], forget NAME.

Runs with OpenStack's Python, as the admin of the cloud.
"""

import sys
from typing import Any

import openstack
import places

Cloud = Any  # the SDK's Connection: its types also allow the Keystone that knew no projects

# huge: more than any quota; nohost: more than the hypervisor has. RAM in MiB, disk in GiB.
FLAVORS = {
    "m1.tiny": (512, 1, 1),
    "m1.small": (2048, 1, 20),
    "m1.medium": (4096, 2, 40),
    "m1.huge": (1048576, 128, 40),
    "m1.nohost": (512, 1, 100000),
}
SERVICES = (
    ("glance", "image", "glance", ""),
    ("placement", "placement", "placement", ""),
    ("nova", "compute", "nova-api", "/v2.1"),
    ("neutron", "network", "neutron", ""),
)


def main(what: str, *arguments: str) -> None:
    """Do what the command line says."""
    cloud: Cloud = openstack.connect(
        auth={
            "auth_url": places.KEYSTONE,
            "username": "admin",
            "password": places.password("admin"),
            "project_name": "admin",
            "user_domain_name": "Default",
            "project_domain_name": "Default",
        },
        region_name="RegionOne",
    )
    if what == "services":
        services(cloud)
    elif what == "content":
        content(cloud)
    elif what == "project":
        project(cloud, *arguments)
    else:
        forget(cloud, *arguments)


def services(cloud: Cloud) -> None:
    """Tell a new Keystone who the other services are and where they answer."""
    keystone = cloud.identity
    ours = keystone.create_project(name="service", domain_id="default")
    roles = [keystone.find_role(name, ignore_missing=False) for name in ("admin", "service")]
    for name, kind, port, path in SERVICES:
        user = keystone.create_user(
            name=name, domain_id="default", password=places.password("service")
        )
        for role in roles:
            keystone.assign_project_role_to_user(ours, user, role)
        service = keystone.create_service(name=name, type=kind)
        for interface in ("public", "internal", "admin"):
            keystone.create_endpoint(
                service_id=service.id,
                interface=interface,
                url=f"http://{places.HOST}:{places.PORTS[port]}{path}",
                region_id="RegionOne",
            )


def content(cloud: Cloud) -> None:
    """Make the image, the flavors, the networks and the project `demo` of a new cloud."""
    for name, (ram, vcpus, disk) in FLAVORS.items():
        cloud.compute.create_flavor(name=name, ram=ram, vcpus=vcpus, disk=disk)
    cloud.image.create_image(
        "cirros",
        data=b"moorage\n" * 128,
        container_format="bare",
        disk_format="raw",
        visibility="public",
        min_disk=1,
    )
    ours = cloud.current_project_id
    network(cloud, ours, "public", "198.51.100.0/24", is_router_external=True)
    network(cloud, ours, "shared", "10.30.0.0/16", is_shared=True)
    project(cloud, "demo")


def network(cloud: Cloud, project_id: str, name: str, addresses: str, **options: object) -> None:
    """Make a network with one subnet."""
    made = cloud.network.create_network(name=name, project_id=project_id, **options)
    cloud.network.create_subnet(
        network_id=made.id,
        project_id=project_id,
        name=f"{name}-v4",
        ip_version=4,
        cidr=addresses,
        enable_dhcp=False,
    )


def project(cloud: Cloud, name: str, instances: str = "") -> None:
    """Make a project with a user of the same name, or set how many instances it may have.

    It has a network `private` of its own.
    """
    keystone = cloud.identity
    made = keystone.find_project(name) or keystone.create_project(name=name, domain_id="default")
    user = keystone.find_user(name) or keystone.create_user(
        name=name, domain_id="default", password=places.password("user")
    )
    keystone.assign_project_role_to_user(made, user, keystone.find_role("member"))
    if not cloud.network.find_network("private", project_id=made.id):
        network(cloud, made.id, "private", "10.20.0.0/16")
    if instances:
        cloud.compute.update_quota_set(made.id, instances=int(instances))
    variables = {
        "AUTH_URL": places.KEYSTONE,
        "USERNAME": name,
        "PASSWORD": places.password("user"),
        "PROJECT_ID": made.id,
        "USER_DOMAIN_NAME": "Default",
    }
    lines = [f"{variable}={value}\n" for variable, value in variables.items()]
    places.write(places.CLOUD / "projects" / name, "".join(lines))


def forget(cloud: Cloud, name: str) -> None:
    """Remove a project with its user and all that it has."""
    made = cloud.identity.find_project(name, ignore_missing=False)
    for server in cloud.compute.servers(details=False, all_projects=True, project_id=made.id):
        cloud.compute.delete_server(server)
        cloud.compute.wait_for_delete(server)
    for one in cloud.network.networks(project_id=made.id):
        cloud.network.delete_network(one)
    cloud.identity.delete_user(cloud.identity.find_user(name, ignore_missing=False))
    cloud.identity.delete_project(made)
    (places.CLOUD / "projects" / name).unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
