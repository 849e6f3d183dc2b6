"""The whole service against the real thing: processes, containers, clients, a browser."""
