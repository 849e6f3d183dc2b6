"""Virtual machines: the cloud that makes them, and how we speak to it."""
