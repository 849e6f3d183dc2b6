"""Containers: what every engine does with them, the fake one and the real one."""

import asyncio
from dataclasses import replace

import pytest

from moorage.engines.port import HealthCheck, ImageMissing, NetworkMissing, PortTaken, PublishedPort
from moorage.kit.errors import Conflict, NotFound
from tests.make.containers import exit_code
from tests.make.ports import free_port

from .conftest import MISSING, READ, TALK, Bench, tar_of

pytestmark = pytest.mark.anyio


async def test_an_engine_tells_what_it_has(bench: Bench) -> None:
    info = await bench.engine.info()

    assert info.version
    assert info.cpus >= 1
    assert info.memory_mib > 100
    assert info.root_dir.startswith("/")


async def test_a_container_is_created_then_runs_then_stops_then_is_gone(bench: Bench) -> None:
    engine = bench.engine

    container = await engine.create_container(bench.spec())
    assert (await engine.get_container(container)).status == "created"
    assert (await engine.get_container(container)).started_at is None

    await engine.start_container(container)
    running = await engine.get_container(container)
    assert running.status == "running"
    assert running.exit_code is None
    assert running.started_at is not None

    await engine.stop_container(container, grace_s=1)
    stopped = await engine.get_container(container)
    assert stopped.status == "exited"
    assert stopped.exit_code is not None

    await engine.remove_container(container)
    with pytest.raises(NotFound):
        await engine.get_container(container)


async def test_a_container_is_known_by_name_and_carries_its_labels(bench: Bench) -> None:
    spec = replace(bench.spec(), labels={**bench.labels, "moorage.kind": "redis"})

    container = await bench.engine.create_container(spec)

    seen = await bench.engine.get_container(spec.name)
    assert seen.id == container
    assert seen.name == spec.name
    assert seen.image == bench.image
    assert spec.labels.items() <= seen.labels.items()


async def test_creating_the_same_container_twice_makes_one(bench: Bench) -> None:
    first = await bench.engine.create_container(bench.spec())
    second = await bench.engine.create_container(bench.spec())

    assert first == second


async def test_five_workers_that_create_the_same_container_make_one(bench: Bench) -> None:
    made = await asyncio.gather(*(bench.engine.create_container(bench.spec()) for _ in range(5)))

    assert len(set(made)) == 1


async def test_a_name_that_somebody_elses_container_has_is_a_conflict(bench: Bench) -> None:
    await bench.engine.create_container(bench.spec())
    other = replace(bench.spec(), labels={**bench.labels, "moorage.instance": "2"})

    with pytest.raises(Conflict, match="not ours"):
        await bench.engine.create_container(other)


async def test_a_container_of_a_missing_image_is_refused(bench: Bench) -> None:
    with pytest.raises(ImageMissing, match="moorage-test/none:1"):
        await bench.engine.create_container(replace(bench.spec(), image="moorage-test/none:1"))


async def test_starting_twice_is_fine(bench: Bench) -> None:
    container = await bench.run(bench.spec())

    await bench.engine.start_container(container)

    assert (await bench.engine.get_container(container)).status == "running"


async def test_starting_a_container_that_is_gone_is_not_found(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await bench.engine.start_container(bench.name("none"))


async def test_stopping_and_removing_what_is_gone_is_fine(bench: Bench) -> None:
    await bench.engine.stop_container(bench.name("none"))
    await bench.engine.remove_container(bench.name("none"))
    await bench.engine.remove_volume(bench.name("none"))
    await bench.engine.remove_image("moorage-test/none:1")
    assert await bench.engine.remove_network(bench.name("none"))


async def test_a_stopped_container_is_stopped_again_and_started_again(bench: Bench) -> None:
    container = await bench.run(bench.spec())
    await bench.engine.stop_container(container, grace_s=1)

    await bench.engine.stop_container(container, grace_s=1)
    await bench.engine.start_container(container)

    assert (await bench.engine.get_container(container)).status == "running"


async def test_two_workers_may_remove_a_container_at_once(bench: Bench) -> None:
    container = await bench.run(bench.spec())

    await asyncio.gather(*(bench.engine.remove_container(container) for _ in range(3)))

    with pytest.raises(NotFound):
        await bench.engine.get_container(container)


async def test_containers_are_found_by_all_their_labels_running_or_not(bench: Bench) -> None:
    redis = replace(bench.spec("redis"), labels={**bench.labels, "moorage.kind": "redis"})
    mysql = replace(bench.spec("mysql"), labels={**bench.labels, "moorage.kind": "mysql"})
    plain = bench.spec("plain")
    await bench.run(redis)
    await bench.engine.create_container(mysql)
    await bench.engine.create_container(plain)

    async def names(**labels: str) -> dict[str, str]:
        found = await bench.engine.find_containers({**bench.labels, **labels})
        return {container.name: container.status for container in found}

    assert await names(**{"moorage.kind": "redis"}) == {redis.name: "running"}
    assert await names(**{"moorage.kind": ""}) == {redis.name: "running", mysql.name: "created"}
    assert len(await names()) == 3
    assert await names(**{"moorage.none": ""}) == {}


async def test_two_containers_cannot_publish_one_port(bench: Bench) -> None:
    port = free_port()
    ports = (PublishedPort("127.0.0.1", port, 6379),)
    first = await bench.run(replace(bench.spec("first"), ports=ports))
    second = await bench.engine.create_container(replace(bench.spec("second"), ports=ports))

    with pytest.raises(PortTaken, match=f"Port {port} is taken"):
        await bench.engine.start_container(second)

    assert (await bench.engine.get_container(second)).status == "created"
    await bench.engine.remove_container(first)
    await bench.engine.start_container(second)


async def test_a_port_is_free_until_a_container_holds_it_and_a_list_says_so(bench: Bench) -> None:
    port = free_port()
    assert await bench.engine.is_port_free("127.0.0.1", port)

    await bench.run(replace(bench.spec(), ports=(PublishedPort("127.0.0.1", port, 6379),)))

    assert not await bench.engine.is_port_free("127.0.0.1", port)
    [listed] = await bench.engine.find_containers(bench.labels)
    assert listed.ports == (port,)


async def test_a_list_says_what_has_started_just_now(bench: Bench) -> None:
    started = await bench.run(bench.spec("started"))
    await bench.engine.create_container(bench.spec("created"))

    found = await bench.engine.find_containers(bench.labels)

    assert [one.id for one in found if one.is_fresh] == [started]


async def test_a_port_of_another_program_cannot_be_published(bench: Bench) -> None:
    with bench.taken_port() as port:
        assert not await bench.engine.is_port_free("127.0.0.1", port)
        spec = replace(bench.spec(), ports=(PublishedPort("127.0.0.1", port, 6379),))
        container = await bench.engine.create_container(spec)

        with pytest.raises(PortTaken, match=f"Port {port} is taken"):
            await bench.engine.start_container(container)


async def test_a_container_in_a_network_that_is_not_there_does_not_start(bench: Bench) -> None:
    spec = replace(bench.spec(), network=bench.name("none"))

    with pytest.raises(NetworkMissing, match=bench.name("none")):
        await bench.run(spec)


async def test_a_command_that_the_image_lacks_exits_with_127(bench: Bench) -> None:
    container = await bench.run(bench.spec("one", *MISSING))

    assert await exit_code(bench.engine, container) == 127


async def test_what_has_ended_tells_its_exit_code(bench: Bench) -> None:
    container = await bench.run(bench.spec("one", *TALK))

    assert await exit_code(bench.engine, container) == 3


async def test_the_log_has_the_last_lines_of_both_outputs(bench: Bench) -> None:
    container = await bench.run(bench.spec("one", *TALK))
    await exit_code(bench.engine, container)

    lines = await bench.engine.container_log(container)
    last = await bench.engine.container_log(container, tail=1)

    assert sorted(lines) == ["one", "three", "two"]
    assert len(last) == 1


async def test_there_is_no_log_of_a_container_that_is_gone(bench: Bench) -> None:
    with pytest.raises(NotFound):
        await bench.engine.container_log(bench.name("none"))


async def test_files_are_put_into_a_container_before_it_starts(bench: Bench) -> None:
    container = await bench.engine.create_container(bench.spec("one", *READ))

    await bench.engine.put_archive(container, "/drop", tar_of("word", b"hello"))
    await bench.engine.start_container(container)

    assert await exit_code(bench.engine, container) == 0
    assert await bench.engine.container_log(container) == ["hello"]


async def test_a_container_with_a_check_becomes_healthy(bench: Bench) -> None:
    check = HealthCheck(
        test=("CMD", "/bin/cat", "/bin/busybox"),
        interval_s=0.1,
        timeout_s=5,
        start_period_s=0,
        retries=3,
    )
    container = await bench.run(replace(bench.spec(), health=check))

    async with asyncio.timeout(20):
        while (await bench.engine.get_container(container)).health != "healthy":
            await asyncio.sleep(0.05)
