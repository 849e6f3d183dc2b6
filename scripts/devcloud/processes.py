"""Processes in the background, known by a mark in their environment: no file can be stale."""

import os
import signal
import subprocess
import time
from contextlib import suppress

import places
import psutil

MARK = "MOORAGE_DEVCLOUD"
STOP_S = 10
ENVIRONMENT = {
    "PATH": f"{places.VENV / 'bin'}:{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin",
    "HOME": str(places.DATA),
    "XDG_CACHE_HOME": str(places.ROOT.parents[1]),
    "DEVCLOUD_BASE_PORT": str(places.BASE_PORT),
    "LC_ALL": "C.UTF-8",
    "PYTHONWARNINGS": "ignore",
    "SPT_NOENV": "1",  # setproctitle would write over the environment, and so over the mark
    "no_proxy": places.HOST,
}


def start(name: str, *command: str, **environment: str) -> None:
    """Start a process that outlives us. Its output: logs/NAME.log."""
    places.LOGS.mkdir(exist_ok=True)
    with (places.LOGS / f"{name}.log").open("wb") as log:
        subprocess.Popen(
            command,
            env=environment_of(name) | environment,
            cwd=places.CLOUD,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def run(name: str, *command: str, **environment: str) -> None:
    """Run a program to its end, whatever it says into logs/NAME.log; exit if it fails."""
    places.LOGS.mkdir(exist_ok=True)
    with (places.LOGS / f"{name}.log").open("ab") as log:
        done = subprocess.run(
            command,
            env=environment_of(name) | environment,
            cwd=places.CLOUD,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    if done.returncode:
        fail(name, f"ended with {done.returncode}")


def fail(name: str, what: str) -> None:
    """Exit with the last words of a process."""
    words = (places.LOGS / f"{name}.log").read_text(errors="replace").splitlines()[-5:]
    raise SystemExit("\n".join([f"{name} {what}. {places.LOGS / name}.log ends:", *words]))


def stop(*names: str, kill: bool = False) -> None:
    """End all processes of these names, all of the cloud's without names, and wait for it."""
    send(of(*names), signal.SIGKILL if kill else signal.SIGTERM)
    deadline = time.monotonic() + STOP_S
    while theirs := of(*names):  # anew: one that ends may have started another
        if time.monotonic() > deadline:
            send(theirs, signal.SIGKILL)
        time.sleep(0.05)


def send(processes: list[psutil.Process], signal_number: int) -> None:
    """Send a signal to those that have not ended."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal_number)


def is_running(name: str) -> bool:
    """Tell whether the process that was started runs; its children alone do not count."""
    return leader(name) is not None


def started_at(name: str) -> float:
    """Return when a running process was started, in seconds since 1970."""
    process = leader(name)
    return process.create_time() if process else time.time()


def leader(name: str) -> psutil.Process | None:
    """Return the process that was started, not one of its children."""
    return next((one for one in of(name) if session(one.pid) == one.pid), None)


def of(*names: str) -> list[psutil.Process]:
    """Return the processes of these names, those of the whole cloud without names."""
    wanted = {mark(name) for name in names}
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            its_mark = process.environ().get(MARK, "")
            if its_mark in wanted or (not names and its_mark.startswith(mark(""))):
                found.append(process)
    return found


def mark(name: str) -> str:
    """Return what the environment of a process says."""
    return f"{places.CLOUD}:{name}"


def session(pid: int) -> int | None:
    """Return the session of a process, None if it has ended."""
    with suppress(ProcessLookupError):
        return os.getsid(pid)
    return None


def environment_of(name: str) -> dict[str, str]:
    """Return the environment of a process: nothing of ours but the path."""
    return ENVIRONMENT | {MARK: mark(name)}
