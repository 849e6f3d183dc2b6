"""VMs: servers of an OpenStack cloud, and whose they are."""
