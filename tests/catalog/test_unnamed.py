"""Names for the volumes that have none."""

from typing import Any

from moorage.catalog.unnamed import named

Json = dict[str, Any]  # Any: JSON of the parser


def mounts(model: Json, service: str = "web") -> dict[str, str]:
    """Return what is mounted in a service: path → source."""
    return {one["target"]: one["source"] for one in model["services"][service]["volumes"]}


def volume(target: str, source: str | None = None) -> Json:
    """Return a mount as the parser has it."""
    return {"type": "volume", "target": target, **({"source": source} if source else {})}


def test_a_volume_without_a_name_is_named_after_its_service_and_path() -> None:
    web = {"volumes": [volume("/srv/my files"), volume("/data", "data")]}

    whole = named({"services": {"web": web}, "volumes": {"data": None}}, {})

    assert mounts(whole) == {"/srv/my files": "web-srv-my-files", "/data": "data"}
    assert whole["volumes"] == {"data": None, "web-srv-my-files": {}}
    assert "source" not in web["volumes"][0]  # what was given is left as it was


def test_what_the_image_of_a_service_wants_gets_a_volume() -> None:
    model: Json = {"services": {"web": {}, "db": {}}}

    whole = named(model, {"db": ["/data/"]})

    assert mounts(whole, "db") == {"/data": "db-data"}
    assert whole["services"]["web"] == {}


def test_nothing_takes_the_place_of_what_is_mounted() -> None:
    web = {"volumes": [volume("/srv/", "files")], "tmpfs": ["/run:size=1m"]}

    whole = named({"services": {"web": web}}, {"web": ["/srv", "/srv/uploads", "/run"]})

    assert mounts(whole) == {"/srv/": "files", "/srv/uploads": "web-srv-uploads"}


def test_a_service_with_the_volumes_of_another_gets_none_in_their_place() -> None:
    model: Json = {"services": {"web": {}, "backup": {"volumes_from": ["web"]}}}

    whole = named(model, {"web": ["/data"], "backup": ["/data"]})

    assert mounts(whole) == {"/data": "web-data"}
    assert "volumes" not in whole["services"]["backup"]


def test_a_name_that_may_not_be_given_leaves_a_volume_as_it_is() -> None:
    web = {"volumes": [volume("/data")]}

    whole = named({"services": {"web": web}}, {"web": ["/logs"]}, only={"web-logs"})

    assert whole["services"]["web"]["volumes"] == [volume("/data"), volume("/logs", "web-logs")]
    assert whole["volumes"] == {"web-logs": {}}


def test_no_two_volumes_get_one_name() -> None:
    web = {"volumes": [volume("/a/b"), volume("/a-b"), volume("/c", "web-a-b")]}

    whole = named({"services": {"web": web}, "volumes": {"web-a-b": {}}}, {})

    assert len({*mounts(whole).values()}) == 3
