"""The real tool: what it gets to see, and what becomes of what it says."""

from pathlib import Path

import pytest

from moorage.compose.port import Project
from moorage.compose.runner import ComposeRunner
from moorage.compose.tool import ComposeTool
from moorage.engines.port import ImageMissing, NetworkMissing
from moorage.kit.errors import Conflict, Failed, Invalid, MoorageError, Unavailable

pytestmark = pytest.mark.anyio


def project(folder: Path, text: str, **variables: str) -> Project:
    (folder / "compose.yaml").write_text(text)
    return Project(folder, "compose.yaml", "shop", variables)


def program(folder: Path, line: str) -> Path:
    file = folder / "program"
    file.write_text(f"#!/bin/sh\nexec {line}\n")
    file.chmod(0o755)
    return file


async def ignore(_line: str) -> None:
    """Take a line of progress."""


async def test_a_file_is_resolved_with_the_variables_it_is_given(tmp_path: Path) -> None:
    text = "services: {web: {image: 'nginx:${TAG:-1}', ports: ['80']}}"

    model = await ComposeTool().config(project(tmp_path, text, TAG="2"))

    assert model["name"] == "shop"
    assert model["services"]["web"]["image"] == "nginx:2"
    assert model["services"]["web"]["ports"][0]["target"] == 80


async def test_services_of_all_profiles_are_there(tmp_path: Path) -> None:
    text = "services: {web: {image: a}, debug: {image: b, profiles: [sometimes]}}"

    model = await ComposeTool().config(project(tmp_path, text))

    assert model["services"].keys() == {"web", "debug"}


async def test_the_environment_of_our_process_is_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OURS", "secret")
    text = "services: {web: {image: '${OURS:-none}', environment: [OURS, HOME]}}"

    model = await ComposeTool().config(project(tmp_path, text))

    assert model["services"]["web"]["image"] == "none"
    assert model["services"]["web"]["environment"] == {"OURS": None, "HOME": "/nonexistent"}


async def test_a_file_of_variables_beside_it_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("TAG=theirs\nDOCKER_HOST=tcp://192.0.2.1\n")

    model = await ComposeTool().config(project(tmp_path, "services: {web: {image: 'a:${TAG:-1}'}}"))

    assert model["services"]["web"]["image"] == "a:1"


async def test_no_variable_steers_the_tool_itself(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("services: {other: {image: a}}")
    steering = {"COMPOSE_FILE": "other.yaml", "COMPOSE_PROFILES": "none", "HOME": "/root"}
    text = "services: {web: {image: a, volumes: ['~/x:/x']}}"

    model = await ComposeTool().config(project(tmp_path, text, **steering))

    assert model["services"].keys() == {"web"}
    assert model["services"]["web"]["volumes"][0]["source"] == "/nonexistent/x"


async def test_nothing_is_fetched_from_elsewhere(tmp_path: Path) -> None:
    text = "include: ['https://github.com/example/example.git']\nservices: {web: {image: a}}"

    with pytest.raises(Invalid, match="remote resource is disabled"):
        await ComposeTool().config(project(tmp_path, text))


async def test_what_the_tool_refuses_is_its_own_sentence_without_places_of_this_machine(
    tmp_path: Path,
) -> None:
    text = "services: {web: {image: a, colour: red}}"

    with pytest.raises(Invalid, match="property colour is not allowed") as refusal:
        await ComposeTool().config(project(tmp_path, text))

    assert str(tmp_path) not in refusal.value.message


async def test_a_tool_that_hangs_is_ended(tmp_path: Path) -> None:
    hanging = ComposeTool(program(tmp_path, "/bin/sleep 600"), config_timeout_s=0.1)

    with pytest.raises(Unavailable, match=r"longer than 0\.1 s"):
        await hanging.config(project(tmp_path, ""))


async def test_a_tool_that_does_not_stop_talking_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="more than 16 MiB"):
        await ComposeTool(program(tmp_path, "/usr/bin/yes")).config(project(tmp_path, ""))


async def test_a_tool_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nothing cannot be run"):
        await ComposeTool(tmp_path / "nothing").config(project(tmp_path, ""))


async def test_a_tool_that_says_much_is_heard_to_the_end(tmp_path: Path) -> None:
    much = "/usr/bin/head -c 300000 /dev/zero"
    talker = program(tmp_path, f"/bin/sh -c '{much}; {much} >&2; echo; echo Started >&2'")
    said: list[str] = []

    async def say(line: str) -> None:
        said.append(line)

    await ComposeRunner(talker, host="unix:///nowhere").up(
        project(tmp_path, ""), say=say, timeout_s=20
    )

    assert said[-1] == "Started"


@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (
            "network n1 declared as external, but could not be found",
            NetworkMissing,
            "There is no network n1 on this server.",
        ),
        (
            "Error response from daemon: No such image: web:1\nContainer db Stopped",
            ImageMissing,
            "There is no image web:1 on this server: fetch or build it.",
        ),
        (
            'Conflict. The container name "/web" is already in use by container 1f',
            Conflict,
            "There is a container web on this server that is not ours: rename or remove it.",
        ),
        ("error during connect: EOF", Unavailable, "The Docker Engine does not answer."),
        ("It rains.", Failed, "Docker Compose failed: It rains."),
    ],
)
async def test_what_the_tool_says_before_it_fails_means_one_kind_of_error(
    tmp_path: Path, said: str, kind: type[MoorageError], sentence: str
) -> None:
    (tmp_path / "said").write_text(said)
    failing = program(tmp_path, f"/bin/sh -c '/bin/cat {tmp_path}/said; exit 1'")

    with pytest.raises(MoorageError) as raised:
        await ComposeRunner(failing, host="unix:///nowhere").up(
            project(tmp_path, ""), say=ignore, timeout_s=20
        )

    assert (type(raised.value), raised.value.message) == (kind, sentence)
