"""What engines say, word for word, and what it means."""

import pytest

from moorage.engines.docker_errors import engine_error
from moorage.engines.port import ImageMissing, NetworkMissing, PortTaken, SubnetTaken
from moorage.kit.errors import Conflict, Invalid, MoorageError, NotFound, Unavailable

PROGRAMMING = "driver failed programming external connectivity on endpoint one (6dcd): "
REGISTRY = 'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host'


@pytest.mark.parametrize(
    ("status", "text", "kind", "sentence"),
    [
        (
            500,
            PROGRAMMING + "Bind for 127.0.0.1:52999 failed: port is already allocated",
            PortTaken,
            "Port 52999 is taken on this server",
        ),
        (
            500,
            PROGRAMMING
            + "Error starting userland proxy: listen tcp4 127.0.0.1:52998: bind: address already"
            " in use",
            PortTaken,
            "Port 52998 is taken on this server",
        ),
        (
            500,
            PROGRAMMING + "failed to bind host port for 127.0.0.1:52998:172.17.0.2:80/tcp: "
            "address already in use",
            PortTaken,
            "Port 52998 is taken on this server",
        ),
        (
            500,
            PROGRAMMING + "Error starting userland proxy: listen tcp4 203.0.113.9:5: bind: cannot"
            " assign requested address",
            Invalid,
            "no address 203.0.113.9",
        ),
        (403, "Pool overlaps with other one on this address space", SubnetTaken, "overlaps"),
        (
            403,
            "cannot create network 7d (br-7d): conflicts with network 9e (br-9e): networks have"
            " overlapping IPv4",
            SubnetTaken,
            "overlaps",
        ),
        (
            404,
            "could not find an available, non-overlapping IPv4 address pool among the defaults to"
            " assign to the network",
            Conflict,
            "no subnet left",
        ),
        (500, "Invalid subnet x : invalid CIDR address: x", Invalid, "not a subnet"),
        (
            403,
            "errors:\ndenied: requested access to the resource is denied\n"
            "unauthorized: authentication required\n",
            ImageMissing,
            "No registry of this server has that image",
        ),
        (404, "network nonet not found", NetworkMissing, "no network nonet"),
        (404, "No such image: nope:1", ImageMissing, "no image nope:1"),
        (404, "no such image: nope:1: No such image: nope:1", ImageMissing, "no image nope:1"),
        (404, "manifest for redis:99 not found: manifest unknown", ImageMissing, "No registry"),
        (
            404,
            "pull access denied for nope, repository does not exist or may require 'docker login'",
            ImageMissing,
            "No registry",
        ),
        (500, REGISTRY, Unavailable, "No image registry answers"),
        (404, "No such container: one", NotFound, "No such container: one"),
        (409, 'Conflict. The container name "/one" is already in use', Conflict, "/one"),
        (403, "error while removing network: network n has active endpoints", Conflict, "stop"),
        (400, "Minimum memory limit allowed is 6MB", Invalid, "6MB"),
        (
            400,
            'failed to create shim task: exec: "nonexist": executable file not found in $PATH',
            Invalid,
            "nonexist",
        ),
        (500, "unable to find user bob: no matching entries in passwd file", Invalid, "user bob"),
        (500, "Error processing tar file(exit status 1): unexpected EOF", Invalid, "not a tar"),
        (500, "layer does not exist", Unavailable, "its log says why"),
        (503, "", Unavailable, "its log says why"),
    ],
)
def test_an_answer_means_one_kind_of_error(
    status: int, text: str, kind: type[MoorageError], sentence: str
) -> None:
    error = engine_error(status, text)

    assert type(error) is kind
    assert sentence in error.message


def test_what_only_the_engine_understands_is_for_operators() -> None:
    error = engine_error(500, "open /var/lib/docker/overlay2/9a: no space left on device")

    assert "overlay2" not in error.message
    assert "no space left" in str(error.detail)
