"""Whether a stranger's Compose file may become an app, and what keeps it from that."""

import asyncio
import re
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from moorage.catalog import asking, derive, parse, project, running, safety, starting
from moorage.catalog.app import App
from moorage.catalog.blueprint import NAME
from moorage.catalog.documents import Document
from moorage.catalog.fields import built
from moorage.catalog.findings import Finding, allowing, error, warning
from moorage.catalog.project import Sources
from moorage.compose.port import Compose
from moorage.kit.errors import Invalid
from moorage.kit.process import TooSlow

Json = Mapping[str, Any]  # Any: JSON of the parser

MAX_SERVICES = 100
_PLACE = re.compile(
    r"(?:invalid interpolation format for )?((?:services|volumes|networks|configs|secrets)\b\S*)"
)
_SAYS_NOTHING = re.compile(r"(docker-)?compose|stack|app|index", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a file.

    about: its block `x-moorage`, given or guessed. model: what the parser made of it, its paths
    beginning with folder.
    """

    name: str
    findings: tuple[Finding, ...]
    sources: Sources | None = None
    about: Json = field(default_factory=dict)
    model: Json = field(default_factory=dict)
    folder: Path = Path()

    @property
    def is_accepted(self) -> bool:
        """Whether nothing is wrong with it."""
        return all(one.severity != "error" for one in self.findings)


async def judge(
    given: Path,
    compose: Compose,
    *,
    name: str | None = None,
    allow: Collection[str] = (),
    taken: Collection[str] = (),
) -> Verdict:
    """Judge a file, or the one of a folder.

    taken: names that it must not have. Raises Invalid for rules that cannot be allowed.
    """
    if others := sorted({*allow} - safety.RULES):
        rules = ", ".join(sorted(safety.RULES))
        raise Invalid(f"{', '.join(others)} cannot be allowed; what can: {rules}.")
    try:
        sources = await asyncio.to_thread(project.read, given)
        documents = [one for group in sources.documents.values() for one in group]
        verdict = await _judge(sources, documents, compose, name or _name(given, documents))
    except Invalid as refusal:
        verdict = Verdict(name or _name(given, ()), (error("", "file", refusal.message),))
    findings = [*_named(verdict.name, taken), *verdict.findings]
    return replace(verdict, findings=tuple(allowing(findings, allow)))


async def _judge(
    sources: Sources, documents: list[Document], compose: Compose, name: str
) -> Verdict:
    findings = [*sources.findings, *_crowded(documents)]
    if any(one.severity == "error" for one in findings):
        return Verdict(name, tuple(findings), sources)
    with tempfile.TemporaryDirectory(prefix="moorage-") as scratch:
        folder = Path(scratch) / "project"
        await asyncio.to_thread(write, sources.files, folder)
        try:
            models = await parse.models(sources, documents, compose, folder)
        except (Invalid, TooSlow) as refusal:
            return Verdict(name, (*findings, _refused(refusal.message, documents)), sources)
        for model in models:
            findings += safety.findings(model, folder, sources.root)
    model = _in_order(models[0], documents)
    if not running.lasting(model):
        detail = "No service goes on running: take one out of its profile, or wait for none to end."
        findings.append(error("services", "lasting", detail))
        return Verdict(name, tuple(dict.fromkeys(findings)), sources)
    about, told = _about(name, model, documents, sources)
    findings += [*starting.findings(model, about), *told, *_block_findings(name, about, model)]
    return Verdict(name, tuple(dict.fromkeys(findings)), sources, about, model, folder)


def write(files: Mapping[str, bytes], folder: Path) -> None:
    """Write a project's files into a new folder."""
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _named(name: str, taken: Collection[str]) -> list[Finding]:
    if not NAME.fullmatch(name):
        detail = f"{name!r} is no name: 2 to 40 of a-z, 0-9 and -, a letter first; give --name."
        return [error("name", "name", detail)]
    if name in taken:
        detail = f"There is a {name} already; give another name with --name."
        return [error("name", "name", detail)]
    return []


def _crowded(documents: Collection[Document]) -> list[Finding]:
    """Return that there are more services than the parser can be asked to read."""
    count = sum(len(parse.mapping(one.get("services"))) for one in documents)
    if count <= MAX_SERVICES:
        return []
    detail = f"It has {count} services; an app has at most {MAX_SERVICES}."
    return [error("services", "file", detail)]


def _name(given: Path, documents: Collection[Document]) -> str:
    """Return the name that the file says, else the one of its folder or of itself."""
    named = [str(one["name"]) for one in (*map(_block_of, documents), *documents) if "name" in one]
    stem = re.sub(r"(^|[.-])(docker-compose|compose)([.-]|$)", "", given.resolve().stem)
    folder = given.resolve() if given.is_dir() else given.resolve().parent
    says_nothing = given.is_dir() or not stem or _SAYS_NOTHING.fullmatch(stem)
    words = [*named, folder.name if says_nothing else stem]
    plain = next((word for word in words if "$" not in word), "")
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:40]
    return name if NAME.fullmatch(name) else f"app-{name}"[:40].rstrip("-")


def _in_order(model: Json, documents: Collection[Document]) -> Json:
    """Return a model with its services as the file has them, those first that go on running."""
    order = [key for one in documents for key in parse.mapping(one.get("services"))]
    lasting, services = set(running.lasting(model)), model["services"]
    ordered = [key for key in dict.fromkeys([*order, *services]) if key in services]
    ordered.sort(key=lambda key: key not in lasting)
    return {**model, "services": {key: services[key] for key in ordered}}


def _refused(sentence: str, documents: Collection[Document]) -> Finding:
    """Return what the parser refuses; it often says where."""
    about = re.sub(r"^validating \S+: ", "", sentence.strip()).rstrip(".")
    found = _PLACE.match(about)
    where = found[1].rstrip(":.") if found else ""
    extra = re.search(r"[Aa]dditional propert(?:y|ies) '?(.+?)'?(?: is| are)? not allowed", about)
    if extra:
        where = f"{where}.{extra[1]}".lstrip(".")
    if extra and any("image" in parse.mapping(one.get(where)) for one in documents):
        about = f"{about}: put it under `services:`"
    return error(where, "compose", f"{about}.")


def _about(
    name: str, model: Json, documents: list[Document], sources: Sources
) -> tuple[Json, list[Finding]]:
    """Return the block `x-moorage`, guessed where the file has none, and what there is to say."""
    given = next((one for one in map(_block_of, documents) if one), {})
    kept, told = _without_builds(given)
    said = derive.variables(given)
    unsaid = [use for use in parse.variables(documents) if use.name not in said]
    asked = asking.asked(unsaid, sources.values)
    guessed, guesses = derive.block(name, model, asked)
    if "main" not in given:
        told += guesses
    return derive.completed(kept, guessed), told


def _block_findings(name: str, about: Json, model: Json) -> list[Finding]:
    parts = {
        **about,
        "name": name if NAME.fullmatch(name) else parse.PROJECT,
        "folder": ".",
        "services": list(model["services"]),
        "volumes": list(model.get("volumes") or ()),
    }
    try:
        built(App, parts)
    except Invalid as refusal:
        fields = refusal.fields or {"": refusal.message}
        return [
            error(f"x-moorage.{where}".rstrip("."), "x-moorage", f"{reason.rstrip('.')}.")
            for where, reason in fields.items()
        ]
    if about.get("reaches_databases"):
        detail = "It comes into the network of its owner's databases."
        return [warning("x-moorage.reaches_databases", "x-moorage", detail)]
    return []


def _without_builds(about: Json) -> tuple[Json, list[Finding]]:
    """Return the block without images that would be built: only those we ship are."""
    images = parse.mapping(about.get("images"))
    built_here = [name for name, one in images.items() if "build" in parse.mapping(one)]
    kept = {name: one for name, one in images.items() if name not in built_here}
    detail = "It is left out: only images of shipped blueprints are built; a registry has it."
    left_out = [warning(f"x-moorage.images.{name}", "build", detail) for name in built_here]
    return {**about, "images": kept}, left_out


def _block_of(document: Document) -> dict[str, Any]:  # Any: YAML
    return parse.mapping(document.get("x-moorage"))
