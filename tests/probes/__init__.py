"""Can a client log in to a server, and does the probe tell why not?"""
