"""Nova's fake hypervisor, made to survive a restart, and to fail as a server's metadata asks.

moorage:delay=SECONDS slows the start of a server, moorage:fail=TEXT ends it in ERROR.
Lies in nova/virt/, the only place where Nova looks for drivers.
"""

import time

from nova import context, exception, objects
from nova.virt import fake, node
from oslo_utils.fixture import uuidsentinel


class Driver(fake.FakeDriver):
    """A hypervisor with room for hundreds of servers that do nothing."""

    vcpus, memory_mb, local_gb = 64, 262144, 4096

    def init_host(self, host):
        super().init_host(host)
        for server in objects.InstanceList.get_by_host(context.get_admin_context(), host):
            if server.vm_state not in ("building", "error", "deleted"):
                self.instances[server.uuid] = fake.FakeInstance(
                    server.name, server.power_state, server.uuid
                )

    def _set_nodes(self, nodes):
        for one in nodes:  # its id is random in each process otherwise, which Nova refuses
            uuidsentinel._sentinels[f"node_{one}"] = node.get_local_node_uuid()
        super()._set_nodes(nodes)

    def spawn(self, context, instance, *arguments, **options):
        asked = instance.metadata or {}
        time.sleep(float(asked.get("moorage:delay", 0)))
        if "moorage:fail" in asked:
            raise exception.InstanceDeployFailure(asked["moorage:fail"])
        return super().spawn(context, instance, *arguments, **options)
