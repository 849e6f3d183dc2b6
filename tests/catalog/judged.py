"""Compose files of strangers, written down and judged by the real parser."""

from collections.abc import Collection, Mapping
from pathlib import Path

from moorage.catalog.judge import Verdict, judge
from moorage.compose.tool import ComposeTool


def write(folder: Path, files: str | Mapping[str, str]) -> Path:
    """Write a project: a file's text, or texts by path. Return its folder."""
    texts = {"compose.yaml": files} if isinstance(files, str) else files
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


async def judged(
    folder: Path, files: str | Mapping[str, str], *, allow: Collection[str] = ()
) -> Verdict:
    """Write a project called shop and judge it."""
    return await judge(write(folder / "shop", files), ComposeTool(), allow=allow)


def errors(verdict: Verdict) -> list[tuple[str, str]]:
    """List where and by which rule it is refused."""
    return [(one.where, one.rule) for one in verdict.findings if one.severity == "error"]


def warnings(verdict: Verdict) -> list[tuple[str, str]]:
    """List where and by which rule something comes out otherwise."""
    return [(one.where, one.rule) for one in verdict.findings if one.severity == "warning"]
