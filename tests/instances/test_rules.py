"""Names and labels of what an instance consists of."""

import re

import pytest

from moorage.engines.port import EngineInfo
from moorage.instances import rules
from moorage.instances.models import Instance
from moorage.kit.errors import Invalid
from moorage.kit.ids import new_id

SIZE = EngineInfo(
    version="1",
    cpus=2,
    memory_mib=2048,
    operating_system="",
    storage_driver="",
    root_dir="",
)
DOCKER_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}")


@pytest.mark.parametrize("name", ["a", "cache", "cache-2", "a" * 63, "x1"])
def test_a_label_of_a_host_name_is_a_name(name: str) -> None:
    assert rules.check_name(name) == name


@pytest.mark.parametrize(
    "name", ["", "-a", "a-", "1a", "A", "a.b", "a_b", "ä", "a\n", "a" * 64, "a b", "a\x00"]
)
def test_anything_else_is_none(name: str) -> None:
    with pytest.raises(Invalid, match="1 to 63") as caught:
        rules.check_name(name)

    assert caught.value.fields.keys() == {"name"}


def test_what_a_server_could_never_hold_is_refused_with_what_it_has() -> None:
    with pytest.raises(Invalid) as caught:
        rules.check_fits(2049, 4, SIZE)

    assert caught.value.fields == {
        "memory_mib": "2049 is needed, the server has 2048",
        "cpus": "4 is asked for, the server has 2",
    }


def test_all_that_a_server_has_fits() -> None:
    rules.check_fits(2048, 2, SIZE)
    rules.check_fits(1 << 20, 64, None)


def test_a_default_name_is_a_name() -> None:
    assert rules.check_name(rules.default_name("mysql", 1 << 40))


def test_names_on_the_engine_are_fine_for_it_and_differ_between_installations() -> None:
    owner, redis = new_id("usr"), Instance(blueprint="redis", number=12)
    made = [
        name
        for installation in ("0123456789abcdef", "fedcba9876543210")
        for container in [rules.container_name(installation, redis)]
        for name in (
            container,
            rules.volume_name(container),
            rules.network_name(installation, owner),
        )
    ]

    assert len(set(made)) == 6
    assert all(DOCKER_NAME.fullmatch(name) for name in made)


def test_labels_tell_the_installation_the_instance_and_the_owner() -> None:
    assert rules.labels("abc", "ins_1", "redis") == {
        "moorage.deployment": "abc",
        "moorage.instance": "ins_1",
        "moorage.blueprint": "redis",
    }
    assert rules.owner_labels("abc", "usr_1") == {
        "moorage.deployment": "abc",
        "moorage.owner": "usr_1",
    }
