"""The files of a project: within its folder, and not one beyond it."""

from pathlib import Path

import pytest

from moorage.catalog.judge import judge
from moorage.compose.tool import ComposeTool
from tests.catalog.judged import errors, judged, warnings, write
from tests.catalog.test_judge_refuses import web, with_store

pytestmark = pytest.mark.anyio

PLAIN = "services: {web: {image: nginx}}"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (web("env_file: /etc/passwd"), "services.web.env_file[0]"),
        (web("env_file: [a, ../b]"), "services.web.env_file[1]"),
        (web("env_file: [{path: ~/b, required: false}]"), "services.web.env_file[0]"),
        (web("env_file: '${F:-/etc/passwd}'"), "services.web.env_file[0]"),
        (web("extends: {file: ../b.yaml, service: b}"), "services.web.extends.file"),
        (web("extends: {file: a/../../b.yaml, service: b}"), "services.web.extends.file"),
        (web(r"extends: {file: 'C:\b.yaml', service: b}"), "services.web.extends.file"),
        (f"include: [/etc/compose.yaml]\n{PLAIN}", "include[0]"),
        (f"include: ['https://example.com/b.yaml']\n{PLAIN}", "include[0]"),
        (f"include: ['git@example.com:b.git']\n{PLAIN}", "include[0]"),
        (f"include: ['oci://example.com/b']\n{PLAIN}", "include[0]"),
        (f"include: [{{path: b.yaml, env_file: ../.env}}]\n{PLAIN}", "include[0].env_file"),
        (
            f"include: [{{path: b.yaml, project_directory: /}}]\n{PLAIN}",
            "include[0].project_directory",
        ),
    ],
)
async def test_a_file_outside_the_project_is_not_read(
    tmp_path: Path, text: str, where: str
) -> None:
    (tmp_path / "b.yaml").write_text("services: {b: {image: x}}")

    verdict = await judged(tmp_path, {"compose.yaml": text, "b.yaml": PLAIN})

    assert errors(verdict) == [(where, "outside-project")]


@pytest.mark.parametrize("link", ["compose.yaml", "b.yaml", "b.env", "data", ".env"])
async def test_a_link_that_leads_out_of_the_project_is_refused(tmp_path: Path, link: str) -> None:
    lines = "env_file: b.env\nvolumes: ['./data/x:/x']\nextends: {file: b.yaml, service: web}"
    files = {"compose.yaml": web(lines), "b.yaml": PLAIN, "b.env": "A=1"}
    folder = write(tmp_path / "shop", files)
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text(PLAIN)
    (folder / link).unlink(missing_ok=True)
    (folder / link).symlink_to(tmp_path / "outside" / ("" if link == "data" else "x"))

    verdict = await judge(folder, ComposeTool())

    assert not verdict.is_accepted
    assert "leads out of the project" in verdict.findings[0].detail


async def test_what_a_project_refers_to_is_read(tmp_path: Path) -> None:
    files = {
        "docker-compose.yml": "include: [sub/more.yaml]\nservices: {web: {image: 'nginx:$TAG'}}",
        "sub/more.yaml": "services: {b: {extends: {file: base.yaml, service: base}}}",
        "sub/base.yaml": "services: {base: {image: redis, env_file: b.env}}",
        "sub/b.env": "A=1",
        ".env": "TAG=1.27",
        "unrelated": "x",
    }

    verdict = await judged(tmp_path, files)

    assert verdict.is_accepted, verdict.findings
    assert verdict.model["services"]["web"]["image"] == "nginx:1.27"
    assert verdict.model["services"]["b"]["environment"] == {"A": "1"}
    assert verdict.sources is not None
    assert verdict.sources.files.keys() == files.keys() - {".env", "unrelated"}


async def test_a_part_that_is_missing_is_named(tmp_path: Path) -> None:
    verdict = await judged(tmp_path, web("extends: {file: gone.yaml, service: b}"))

    assert errors(verdict) == [("services.web.extends.file", "file")]
    assert "gone.yaml is missing" in verdict.findings[0].detail


@pytest.mark.parametrize("kind", ["configs", "secrets"])
async def test_a_file_for_a_config_or_a_secret_must_be_there(tmp_path: Path, kind: str) -> None:
    text = with_store(kind, "{file: ./conf/x}")

    without = await judged(tmp_path / "without", text)
    along = await judged(tmp_path / "along", {"compose.yaml": text, "conf/x": "1"})

    assert errors(without) == [(f"{kind}.x.file", "missing-file")]
    assert without.findings[0].detail == "conf/x is missing; put it into the project's folder."
    assert errors(along) == []


async def test_what_is_there_to_mount_is_not_called_missing(tmp_path: Path) -> None:
    files = {"compose.yaml": web("volumes: ['./a:/a', './b:/b']"), "a": "1", "b/c": "1"}

    verdict = await judged(tmp_path, files)

    assert {rule for _, rule in warnings(verdict)} == {"bind-in-project", "guessed"}


async def test_an_override_is_not_used_and_that_is_said(tmp_path: Path) -> None:
    files = {"compose.yaml": PLAIN, "compose.override.yaml": web("privileged: true")}

    verdict = await judged(tmp_path, files)

    assert ("", "override") in warnings(verdict)


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        ("services: {web: {image: a, colour: red}}", "services.web.colour", "colour"),
        ("web: {image: a}", "web", "web is not allowed: put it under `services:`."),
        ("services: {wéb: {image: a}}", "services.wéb", "wéb"),
        ("services: {a b: {image: a}}", "services.a b", "a b"),
        ("services: {web: {image: a}}\nvolumes: {a b: {}}", "volumes.a b", "a b"),
        (
            "services: {web: {image: 'nginx:${TAG'}}",
            "services.web.image",
            "invalid interpolation format for services.web.image. You may need to escape any $ "
            "with another $. nginx:${TAG.",
        ),
        ("services: {web: }", "services.web", "must be a mapping"),
        ("services: {web: {image: a, ports: [x]}}", "", "x"),
        ("services: [", "", "not YAML"),
        ("services: {web: {image: a, image: b}}", "", "image"),
        ("services: {web: {image: a, depends_on: [b]}}", "", "depends on undefined service"),
    ],
)
async def test_what_the_parser_refuses_is_said_in_its_words(
    tmp_path: Path, text: str, where: str, said: str
) -> None:
    verdict = await judged(tmp_path, text)

    [(found, _)] = errors(verdict)
    assert found == where
    assert said in verdict.findings[0].detail


async def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    for given, said in ((tmp_path, "no compose.yaml"), (tmp_path / "gone", "no file")):
        verdict = await judge(given, ComposeTool())

        assert errors(verdict) == [("", "file")]
        assert said in verdict.findings[0].detail


async def test_a_file_that_takes_the_parser_too_long_is_refused(tmp_path: Path) -> None:
    hanging = tmp_path / "hanging"
    hanging.write_text("#!/bin/sh\nexec /bin/sleep 600\n")
    hanging.chmod(0o755)
    folder = write(tmp_path / "shop", web(""))

    verdict = await judge(folder, ComposeTool(hanging, config_timeout_s=0.1))

    [finding] = verdict.findings
    assert (finding.severity, finding.rule) == ("error", "compose")
    assert finding.detail == "hanging took longer than 0.1 s."
