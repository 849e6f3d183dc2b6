"""Can a client log in? One probe per kind of server."""
