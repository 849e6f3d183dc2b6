"""Stop the service that `make up` started; what it runs for people goes on running."""

import os
import signal
import sys

import service

STOP_S = 20


def main() -> None:
    """Ask the service to stop and wait until it has."""
    pid = service.running_pid()
    if pid is None:
        print("The service does not run.")
        return
    os.kill(pid, signal.SIGTERM)
    if not service.wait_until(lambda: service.running_pid() is None, timeout_s=STOP_S):
        sys.exit(f"Process {pid} has not stopped after {STOP_S} s. Its log: {service.LOG}")
    service.PID_FILE.unlink()
    print("Stopped. Instances go on running; make purge removes them.")


if __name__ == "__main__":
    main()
