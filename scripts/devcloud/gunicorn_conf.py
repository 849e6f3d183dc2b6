"""How Gunicorn serves an API of OpenStack: one process, as small as it gets."""

import sys

workers = 1
worker_class = "gthread"
threads = 8
timeout = 0
keepalive = 30
graceful_timeout = 3
control_socket_disable = True
accesslog = "-"
access_log_format = '%(t)s "%(r)s" %(s)s %(B)s %(M)sms'


def post_fork(_server: object, _worker: object) -> None:
    """Hide Gunicorn's arguments: the services would read them as their own."""
    del sys.argv[1:]


def post_worker_init(_worker: object) -> None:
    """Load Neutron's rules before it answers.

    Otherwise the first request does, and one beside it meets rules half loaded: 403 for the admin.
    """
    if policy := sys.modules.get("neutron.policy"):
        policy.init()
