"""The files that a Compose file is made of: within one folder, nothing read beyond it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, isabs, join, normpath

from moorage.catalog import documents
from moorage.catalog.documents import Document
from moorage.catalog.findings import Finding, error, warning
from moorage.catalog.variables import Values, env_file, fill, fill_text
from moorage.kit.errors import Invalid

FILE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml")
OVERRIDES = ("compose.override.yaml", "compose.override.yml", "docker-compose.override.yml")
MAX_FILES = 50


@dataclass(slots=True)
class Sources:
    """A Compose file and all that the parser reads with it.

    root: the project's folder. main: the file within it. files: path within it → content.
    documents: what is in those that are Compose files. values: the project's own .env.
    """

    root: Path
    main: str
    files: dict[str, bytes] = field(default_factory=dict)
    documents: dict[str, list[Document]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reference:
    """A file that another one names. base: the folder that its path is relative to."""

    where: str
    path: str
    base: str
    is_compose: bool
    is_needed: bool = True


def read(given: Path) -> Sources:
    """Read a Compose file, or the one of a folder, with all it refers to.

    Raises Invalid when there is none or it cannot be read at all; what it must not refer to
    is among the findings.
    """
    file = _main(given)
    root = file.parent.resolve()
    sources = Sources(root, file.name)
    if (dotenv := find(root, ".env")) is not None and dotenv.is_file():
        content = dotenv.read_bytes()[: documents.MAX_BYTES]
        sources.values = env_file(content.decode(errors="replace"))
    for override in OVERRIDES:
        if given.is_dir() and (root / override).exists():
            sources.findings.append(
                warning("", "override", f"{override} is not used; only {file.name} is.")
            )
    _take(sources, _Reference("", file.name, "", is_compose=True))
    return sources


def find(root: Path, path: str) -> Path | None:
    """Return a file or folder of the project. Raises Invalid when it leads out of it."""
    try:
        real = (root / path).resolve()
        is_there = real.exists()
    except (OSError, ValueError) as cause:
        raise Invalid(f"{path[:80]} is no path that can be read.") from cause
    if not real.is_relative_to(root):
        raise Invalid(f"{path} is a link that leads out of the project.")
    return real if is_there else None


def within(base: str, path: str) -> str | None:
    """Return the path from the top of the project; None when it is not in there."""
    if isabs(path) or path.startswith("~") or "\\" in path or ":" in path or "\0" in path:
        return None
    clean = normpath(join(base, path))
    return None if clean == ".." or clean.startswith("../") else clean


def _main(given: Path) -> Path:
    if given.is_dir():
        there = [given / name for name in FILE_NAMES if (given / name).is_file()]
        if not there:
            raise Invalid(f"{given.name}: there is no {FILE_NAMES[0]} in this folder.")
        if not there[0].resolve().is_relative_to(given.resolve()):
            raise Invalid(f"{there[0].name} is a link that leads out of the project.")
        return there[0]
    if not given.is_file():
        raise Invalid(f"There is no file {given}.")
    return given


def _take(sources: Sources, first: _Reference) -> None:
    """Read a file, then those that it refers to."""
    waiting, seen = [first], set[str]()
    while waiting:
        reference = waiting.pop()
        path = within(reference.base, fill_text(reference.path, {**sources.values, "PWD": "."}))
        if path in seen:
            continue
        try:
            content = _content(sources, reference, path)
            if path is None or content is None:
                continue
            seen.add(path)
            sources.files[path] = content
            if reference.is_compose:
                sources.documents[path] = documents.read(content)
                waiting += _references(path, sources.documents[path], sources.values)
        except Invalid as refusal:
            if not sources.documents:
                raise
            sources.findings.append(error(reference.where, "file", refusal.message))


def _content(sources: Sources, reference: _Reference, path: str | None) -> bytes | None:
    """Return a file's content; None for one that may be missing. Raises Invalid."""
    if path is None:
        sources.findings.append(
            error(
                reference.where,
                "outside-project",
                f"{reference.path} is not in the project's folder: put a copy there.",
            )
        )
        return None
    if len(sources.files) >= MAX_FILES:
        raise Invalid(f"The project has more than {MAX_FILES} files; use fewer.")
    file = find(sources.root, path)
    if file is not None and file.is_file():
        try:
            with file.open("rb") as stream:
                return stream.read(documents.MAX_BYTES + 1)
        except OSError as cause:
            raise Invalid(f"{path} cannot be read: {cause.strerror}.") from cause
    if reference.is_compose:
        raise Invalid(f"{path} is missing; give the folder that has it.")
    if not reference.is_needed:
        return None
    sources.findings.append(
        warning(reference.where, "missing-file", f"{path} is missing and taken as empty.")
    )
    return b""


def _references(path: str, content: list[Document], values: Values) -> Iterator[_Reference]:
    base = dirname(path)
    for document in content:
        for index, include in enumerate(_list(document.get("include"))):
            yield from _included(f"include[{index}]", include, base, values)
        services = document.get("services")
        for name, service in services.items() if isinstance(services, dict) else ():
            if isinstance(service, dict):
                yield from _of_service(f"services.{name}", service, base)


def _included(where: str, include: object, base: str, values: Values) -> Iterator[_Reference]:
    """What `include` names: its own paths, and files with variables for them."""
    long = include if isinstance(include, dict) else {"path": include}
    folder = fill(long.get("project_directory"), values)
    for path in _list(long.get("path")):
        yield _Reference(where, str(path), base, is_compose=True)
    if isinstance(folder, str) and within(base, folder) is None:
        yield _Reference(f"{where}.project_directory", folder, base, is_compose=True)
    for path in _list(long.get("env_file")):
        yield _Reference(f"{where}.env_file", str(path), base, is_compose=False)


def _of_service(where: str, service: dict[str, object], base: str) -> Iterator[_Reference]:
    extends = service.get("extends")
    if isinstance(extends, dict) and "file" in extends:
        yield _Reference(f"{where}.extends.file", str(extends["file"]), base, is_compose=True)
    for key in ("env_file", "label_file"):
        for index, entry in enumerate(_list(service.get(key))):
            long = entry if isinstance(entry, dict) else {"path": entry}
            yield _Reference(
                f"{where}.{key}[{index}]",
                str(long.get("path", "")),
                base,
                is_compose=False,
                is_needed=long.get("required") is not False,
            )


def _list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
