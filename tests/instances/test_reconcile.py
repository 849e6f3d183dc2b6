"""What a look at a server means, case by case."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from moorage.engines.port import Container, ContainerStatus, Health
from moorage.instances import reconcile
from moorage.instances.models import Desired, Instance, Kind, Observed, Status
from moorage.instances.reconcile import PAUSED_FOR, Finding, Thing

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
VOLUME = "moorage-abc-redis-1-data"


def an_instance(
    desired: Desired = "running",
    status: Status = "running",
    *,
    observed: Observed | None = "running",
    observed_at: datetime = AT,
    message: str | None = None,
    data_kept: bool = False,
) -> Instance:
    return Instance(
        id="ins_1",
        desired=desired,
        status=status,
        observed=observed,
        observed_at=observed_at,
        message=message,
        data_kept=data_kept,
    )


def a_container(
    status: ContainerStatus = "running", health: Health = "none", exit_code: int | None = None
) -> Container:
    return Container("c1", "redis-1", "redis", {}, status, health, exit_code)


def found(
    instance: Instance, container: Container | None, *, has_volume: bool = True, at: datetime = AT
) -> Finding:
    containers = {} if container is None else {"": container}
    gone = [] if has_volume else [VOLUME]
    return reconcile.find(instance, containers, lasting=[""], gone=gone, at=at)


@pytest.mark.parametrize(
    ("container", "observed", "status", "is_wrong", "words"),
    [
        (a_container("running"), "running", "running", False, ""),
        (a_container("running", "starting"), "running", "running", False, ""),
        (a_container("running", "healthy"), "running", "running", False, ""),
        (a_container("running", "unhealthy"), "running", "degraded", False, "health check fails"),
        (a_container("restarting", exit_code=1), "restarting", "degraded", False, "exit code 1"),
        (a_container("paused"), "paused", "degraded", False, "paused"),
        (a_container("exited", exit_code=137), "stopped", "degraded", True, "exit code 137"),
        (a_container("exited", exit_code=0), "stopped", "degraded", True, "started again"),
        (a_container("created"), "stopped", "degraded", True, "started again"),
        (a_container("dead"), "missing", "degraded", True, "made again"),
        (a_container("removing"), "missing", "degraded", True, "made again"),
        (None, "missing", "degraded", True, "made again, with its data"),
    ],
)
def test_what_is_to_run_is_mended_unless_it_runs_or_its_engine_restarts_it(
    container: Container | None, observed: Observed, status: Status, is_wrong: bool, words: str
) -> None:
    finding = found(an_instance(), container)

    assert (finding.observed, finding.status, finding.is_wrong) == (observed, status, is_wrong)
    assert words in (finding.message or "")
    assert bool(words) == (status == "degraded")


@pytest.mark.parametrize(
    ("container", "observed", "status", "is_wrong"),
    [
        (a_container("exited"), "stopped", "stopped", False),
        (a_container("created"), "stopped", "stopped", False),
        (None, "missing", "stopped", False),
        (a_container("running"), "running", "degraded", True),
        (a_container("restarting"), "restarting", "degraded", True),
        (a_container("paused"), "paused", "degraded", True),
    ],
)
def test_what_is_to_be_stopped_is_mended_when_it_runs(
    container: Container | None, observed: Observed, status: Status, is_wrong: bool
) -> None:
    finding = found(an_instance("stopped", "stopped"), container)

    assert (finding.observed, finding.status, finding.is_wrong) == (observed, status, is_wrong)


@pytest.mark.parametrize("container", [None, a_container("exited"), a_container("running")])
@pytest.mark.parametrize("desired", ["running", "stopped"])
def test_an_empty_volume_is_never_made_in_place_of_one_that_is_gone(
    container: Container | None, desired: Desired
) -> None:
    finding = found(an_instance(desired), container, has_volume=False)

    assert (finding.observed, finding.status) == ("volume missing", "degraded")
    assert not finding.is_wrong
    assert VOLUME in (finding.message or "")


@pytest.mark.parametrize(
    ("held_for", "is_wrong"), [(timedelta(seconds=10), False), (PAUSED_FOR, True)]
)
def test_a_paused_container_is_left_to_whoever_holds_it_for_a_moment(
    held_for: timedelta, is_wrong: bool
) -> None:
    instance = an_instance(status="degraded", observed="paused", observed_at=AT - held_for)

    assert found(instance, a_container("paused")).is_wrong is is_wrong


def test_what_failed_before_is_well_again_only_once_it_is_healthy() -> None:
    instance = an_instance(status="degraded", message="It ended again and again.")

    starting = found(instance, a_container("running", "starting"))
    healthy = found(instance, a_container("running", "healthy"))

    assert (starting.status, starting.message) == ("degraded", "It ended again and again.")
    assert (healthy.status, healthy.message) == ("running", None)


@pytest.mark.parametrize("health", ["none", "healthy"])
def test_what_ended_again_and_again_is_well_once_it_has_run_for_a_minute(health: Health) -> None:
    fresh = replace(a_container("running", health), is_fresh=True)
    instance = an_instance(status="degraded", observed="restarting", message="It ends again.")

    at_first = found(instance, fresh)
    instance.observed, instance.health = at_first.observed, at_first.health
    later = found(instance, fresh)
    steady = found(instance, a_container("running", health))

    assert (at_first.observed, at_first.status) == ("running", "degraded")
    assert (later.status, later.message) == ("degraded", "It ends again.")
    assert (steady.status, steady.message) == ("running", None)


def test_what_is_healthy_again_is_well_at_once() -> None:
    instance = an_instance(status="degraded", message="Its health check fails.")
    instance.health = "unhealthy"

    assert found(instance, replace(a_container(health="healthy"), is_fresh=True)).message is None


def test_a_finding_that_changes_nothing_leaves_the_reason_that_is_known() -> None:
    instance = an_instance(
        status="degraded", observed="stopped", message="Port 3307 is taken by another program."
    )

    assert not found(instance, a_container("exited")).changes(instance)
    assert found(instance, None).changes(instance)


@pytest.mark.parametrize(
    ("data_kept", "left"), [(False, ["container", "volume"]), (True, ["container"])]
)
def test_all_remains_of_what_is_gone_but_a_kept_volume(data_kept: bool, left: list[Kind]) -> None:
    instance = an_instance("gone", data_kept=data_kept)
    things = [
        thing("container", instance="ins_1"),
        thing("volume", instance="ins_1"),
        thing("volume", instance="ins_2"),
        thing("network", owner="usr_1"),
    ]

    assert [one.kind for one in reconcile.remains(instance, things)] == left


def test_strangers_belong_to_no_instance_and_no_owner_that_is_known() -> None:
    things = [
        thing("container", instance="ins_1"),
        thing("volume", instance="ins_2"),
        thing("network", owner="usr_1"),
        thing("network", owner="usr_2"),
        thing("container"),
    ]

    strange = reconcile.strangers(things, instances={"ins_1"}, owners={"usr_1"})

    assert strange == {
        ("volume", "volume of ins_2"),
        ("network", "network of usr_2"),
        ("container", "container of nobody"),
    }


@pytest.mark.parametrize(
    ("failures", "minutes"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (50, 60)]
)
def test_each_failure_doubles_the_time_until_it_is_mended_again(
    failures: int, minutes: int
) -> None:
    assert reconcile.mend_from([AT] * failures) == AT + timedelta(minutes=minutes)


def test_what_never_failed_is_mended_at_once() -> None:
    assert reconcile.mend_from([]) is None


def thing(kind: Kind, *, instance: str | None = None, owner: str | None = None) -> Thing:
    labels = {"moorage.instance": instance, "moorage.owner": owner}
    return Thing(
        kind,
        f"{kind} of {instance or owner or 'nobody'}",
        {name: value for name, value in labels.items() if value},
    )
