"""A real OpenStack on loopback, for tests: python scripts/devcloud COMMAND.

start [SERVICE …]   start what does not run, install and build what is not there; print env
stop [SERVICE …]    stop these services, or all
status              what runs, with its memory
env [PROJECT]       the environment variables of a project's user; demo unless named
project NAME [N]    make a project of its own, which may have N instances; print env
forget NAME         remove such a project with all that it has
reset               a new cloud, whatever happened to this one
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import build
import install
import places
import processes
import services
import settings


def main() -> None:
    """Do what the command line says."""
    os.umask(0o077)  # passwords are in what we write
    os.environ.pop("USERNAME", None)  # of `env`; programs of MariaDB take it for the system's user
    command, *arguments = sys.argv[1:] or ["help"]
    match command, arguments:
        case ("start", names) | ("stop", names) if unknown := set(names) - set(services.START):
            sys.exit(f"No service {', '.join(unknown)}. There are: {', '.join(services.START)}")
        case "start", names:
            with alone():
                start(names)
            env("demo")
        case "stop", names:
            with alone():
                processes.stop(*names)
        case "status", []:
            status()
        case "env", names if len(names) <= 1:
            env(*names)
        case "project", [name, *instances] if len(instances) <= 1:
            fill("project", name, *instances)
            env(name)
        case "forget", [name]:
            fill("forget", name)
        case "reset", []:
            with alone():
                build.build()
            env("demo")
        case _:
            sys.exit(__doc__)


def start(names: list[str]) -> None:
    """Bring up the services, all of them without names; build the cloud if it is not whole."""
    install.install()
    if not build.is_built():
        build.build()
        return
    settings.write()
    with suppress(SystemExit):
        services.bring_up(["mariadb"])
    if not services.can_query():  # the machine lost power, and MariaDB its files
        build.build()
        return
    services.bring_up(names or services.START)


def fill(*arguments: str) -> None:
    """Change what is in the cloud."""
    if not build.STAMP.exists():
        sys.exit("There is no cloud yet: make devcloud")
    build.fill(*arguments)


def status() -> None:
    """Print what runs. Memory: each page counted once, however many processes share it."""
    for name in services.START:
        if processes.is_running(name):
            memory = sum(one.memory_full_info().pss for one in processes.of(name))
            print(f"{name:15} runs  {memory >> 20:4} MiB")
        else:
            print(f"{name:15} down")


def env(project: str = "demo") -> None:
    """Print the environment variables of a project's user."""
    try:
        print((places.CLOUD / "projects" / project).read_text(), end="")
    except FileNotFoundError:
        sys.exit(f"There is no project {project}: python scripts/devcloud project {project}")


@contextmanager
def alone() -> Iterator[None]:
    """Wait until nobody else starts or stops anything."""
    places.ROOT.mkdir(parents=True, exist_ok=True)
    with (places.ROOT / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
