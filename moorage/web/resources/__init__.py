"""The documented door of databases and caches: `/user`, `/resource_list`, `/resource/{id}`."""
