"""Have a Docker Engine that answers: start the one that is installed when none does.

With --check it starts nothing and only exits 0 or 1. Needs nothing but Python, for it runs first.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

LOCAL = "unix:///var/run/docker.sock"
PID_FILE = Path("/var/run/docker.pid")  # dockerd's own
CONTAINERD_PID_FILE = Path("/var/run/docker/containerd/containerd.pid")
LOG = Path("/var/log/dockerd.log")
NETWORKS = Path("/var/lib/docker/network/files/local-kv.db")  # the networks dockerd knows
START_S = 90


def main() -> None:
    """Exit 0 when an engine answers, else 1 with what to do."""
    host = os.environ.get("MOORAGE_DOCKER_HOST") or LOCAL
    if answers(host):
        return
    if "--check" in sys.argv:
        sys.exit(1)
    if host != LOCAL:
        sys.exit(f"No Docker Engine answers at {host} (MOORAGE_DOCKER_HOST). Start it there.")
    if os.geteuid() != 0:
        sys.exit(
            "No Docker Engine answers to you. Install one (sudo apt-get install docker.io), start "
            "it (sudo systemctl start docker), and join its group (sudo usermod -aG docker $USER)."
        )
    began = LOG.stat().st_size if LOG.exists() else 0
    dockerd = start()
    deadline = time.monotonic() + START_S
    while not answers(host):
        if time.monotonic() > deadline:
            sys.exit(f"dockerd does not answer after {START_S} s. Its log: {LOG}")
        if dockerd is not None and dockerd.poll() is not None:
            if not set_aside_networks(LOG.read_bytes()[began:]):
                sys.exit(f"dockerd ended at once. Its log: {LOG}")
            began = LOG.stat().st_size
            dockerd = start()
        time.sleep(0.2)


def set_aside_networks(log: bytes, networks: Path = NETWORKS) -> bool:
    """Move dockerd's networks away if it just died of one that is half written; tell whether.

    A dockerd that is killed while it makes a network finds it without addresses at its next start,
    and panics at every start from then on. Images and volumes stay; user-made networks are lost.
    """
    if b"panic:" not in log or b"reservePools" not in log or not networks.exists():
        return False
    aside = networks.with_suffix(".broken")
    print(f"A killed dockerd left a half-written network: its networks are now {aside}", flush=True)
    networks.replace(aside)
    return True


def answers(host: str) -> bool:
    """Tell whether an engine answers a ping."""
    try:
        with connect(host) as engine:
            engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in engine.recv(64)
    except OSError:
        return False


def connect(host: str) -> socket.socket:
    """Open a socket to unix:///path or tcp://address:port."""
    scheme, _, place = host.partition("://")
    if scheme == "tcp":
        address, _, port = place.rpartition(":")
        return socket.create_connection((address, int(port)), timeout=5)
    if scheme != "unix":
        sys.exit(f"MOORAGE_DOCKER_HOST is {host}: write unix:///path or tcp://address:port.")
    engine = socket.socket(socket.AF_UNIX)
    engine.settimeout(5)
    engine.connect(place)
    return engine


def start() -> "subprocess.Popen[bytes] | None":
    """Start dockerd by the system's services, or ourselves where there are none: then give it."""
    dockerd = shutil.which("dockerd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if dockerd is None:
        sys.exit("No Docker Engine answers and none is installed: apt-get install docker.io")
    if Path("/run/systemd/system").is_dir():
        subprocess.run(["systemctl", "start", "docker"], check=True)
    elif not is_alive(PID_FILE, "dockerd"):  # it may be starting, and a second one would do harm
        for file, program in ((PID_FILE, "dockerd"), (CONTAINERD_PID_FILE, "containerd")):
            if not is_alive(file, program):
                file.unlink(missing_ok=True)  # of one that was killed: dockerd would wait for it
        print(f"Starting dockerd, log: {LOG}", flush=True)
        with LOG.open("ab") as log:
            return subprocess.Popen(
                [dockerd],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd="/",
            )
    return None


def is_alive(pid_file: Path, program: str) -> bool:
    """Tell whether the process that a file names runs the program, and is no zombie."""
    try:
        status = Path(f"/proc/{int(pid_file.read_text())}/stat").read_text()
    except (OSError, ValueError):
        return False
    name, _, rest = status.partition("(")[2].rpartition(")")
    return name == program and not rest.lstrip().startswith("Z")


if __name__ == "__main__":
    main()
