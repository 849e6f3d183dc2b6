"""OpenStack clouds: where VMs run."""
