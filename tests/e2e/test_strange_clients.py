"""Clients that are no browsers: what they send at the socket harms nobody else."""

import socket
import stat

import pytest

from .conftest import NewService
from .service import Service
from .until import until

pytestmark = pytest.mark.engine


def send(service: Service, *parts: bytes) -> bytes:
    """Send bytes and return what comes back until the service closes or says no more."""
    address, _, port = service.url.removeprefix("http://").partition(":")
    with socket.create_connection((address, int(port)), timeout=30) as client:
        for part in parts:
            client.sendall(part)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := client.recv(1 << 16):
            answer += piece
    return answer


def test_a_head_without_end_is_refused(service: Service) -> None:
    line = b"X-Long: " + b"x" * 8000 + b"\r\n"

    refused = send(service, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", line * 7, line * 7)
    heard = send(service, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", line * 7, b"\r\n")

    assert refused.startswith(b"HTTP/1.1 431 ")
    assert heard.startswith(b"HTTP/1.1 200 ")


def test_several_requests_on_one_connection_may_have_large_bodies(service: Service) -> None:
    body = b" " * 100_000 + b"{}"
    head = b"POST /api/ticket HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body)

    answers = send(service, (head + body) * 3)

    assert answers.count(b"HTTP/1.1 400 ") == 3


def test_who_hangs_up_in_the_middle_of_a_body_is_no_error(new_service: NewService) -> None:
    service = new_service()

    send(service, b"POST /api/ticket HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")

    until(lambda: "/api/ticket" in service.said, within_s=30)
    assert "Traceback" not in service.said
    figures = service.admin.http.get("/metrics").text
    assert 'route="/api/ticket",status="499"' in figures
    assert 'status="500"' not in figures


def test_an_upgrade_is_answered_as_if_it_were_none(service: Service) -> None:
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n"

    answer = send(service, b"GET /nothing HTTP/1.1\r\nHost: x\r\n" + upgrade + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"x-request-id" in answer


def test_nobody_else_of_the_machine_reads_the_files_of_a_service(new_service: NewService) -> None:
    service = new_service(prepare=lambda folder: folder.chmod(0o755))

    files = [file for file in service.data_dir.iterdir() if file.is_file()]

    assert {file.name for file in files} >= {"moorage.db", "operations.lock", "secret.key"}
    open_to_others = stat.S_IRWXG | stat.S_IRWXO
    assert [file.name for file in files if file.stat().st_mode & open_to_others] == []
