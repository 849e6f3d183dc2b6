"""The documented door of virtual machines: `/api/v1/…`."""
