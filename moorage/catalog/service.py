"""The catalogue: what there is to order, shipped and added, as it is now."""

import logging
import shutil
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Literal, TypeVar, overload

from moorage.catalog.app import App, Orderable
from moorage.catalog.blueprint import Blueprint
from moorage.catalog.reading import ADDED, KEPT, read_added, read_all
from moorage.kit.errors import Invalid, NotFound
from moorage.kit.i18n import Text

BUILT_IN = Path(__file__).parent / "blueprints"
KINDS = ("database", "app")

_NEW_S = 3600  # of what is being added just now: its name does not lead to it yet

log = logging.getLogger(__name__)

Kind = TypeVar("Kind", bound=Orderable)


class Catalog:
    """What there is to order."""

    def __init__(self, shelves: Sequence["Shelf"]) -> None:
        self._shelves = shelves

    def get(self, name: str) -> Blueprint:
        """Return a database. Raises NotFound."""
        return _found(name, {one.name: one for one in self.list("database")})

    def app(self, name: str, edition: str | None = None) -> App:
        """Return an app, in the edition that was ordered if it is kept. Raises NotFound."""
        return self._kept(name, edition) or _found(
            name, {one.name: one for one in self.list("app")}
        )

    def any(self, name: str, edition: str | None = None) -> Orderable:
        """Return a blueprint of any kind; see app. Raises NotFound."""
        return self._kept(name, edition) or _found(name, self._all())

    def forget(self, *, used: Collection[str]) -> None:
        """Remove editions of apps that were replaced, but for those that are used."""
        for shelf in self._shelves:
            shelf.forget(used=used)

    @overload
    def list(self, kind: Literal["database"]) -> Sequence[Blueprint]: ...
    @overload
    def list(self, kind: Literal["app"]) -> Sequence[App]: ...
    @overload
    def list(self, kind: str | None = None) -> Sequence[Orderable]: ...
    def list(self, kind: str | None = None) -> Sequence[Orderable]:
        """List blueprints by name."""
        return [found for found in self._all().values() if kind in (None, found.kind)]

    def _kept(self, name: str, edition: str | None) -> App | None:
        found = (shelf.kept(name, edition) for shelf in self._shelves) if edition else ()
        return next((app for app in found if app), None)

    def _all(self) -> Mapping[str, Orderable]:
        found: dict[str, Orderable] = {}
        for shelf in self._shelves:
            found |= shelf.look()
        return dict(sorted(found.items()))


class Shelf:
    """A folder of blueprints `<kind>/<name>/`, read again when one was put there or taken away."""

    def __init__(self, folder: Path) -> None:
        self._kinds = [folder / kind for kind in KINDS]
        self._folder = folder
        self._changed = self._changes()
        self._blueprints = _by_name(read_all(folder))
        self._kept: dict[tuple[str, str], App] = {}

    def look(self) -> Mapping[str, Orderable]:
        """Return what is there now; what can no longer be read stays as it was."""
        changed = self._changes()
        if changed != self._changed:
            self._changed = changed
            try:
                self._blueprints = _by_name(read_all(self._folder))
            except Invalid as error:
                log.warning("catalogue not read again", extra={"error": error.message})
        return self._blueprints

    def kept(self, name: str, edition: str) -> App | None:
        """Return an app as it was added once; None when it is not kept here."""
        file = self._folder / KEPT / edition / name / ADDED
        if (name, edition) not in self._kept and file.is_file():
            self._kept[name, edition] = read_added(file)
        return self._kept.get((name, edition))

    def forget(self, *, used: Collection[str]) -> None:
        """See Catalog."""
        current = {place.resolve().parent.name for place in (self._folder / "app").glob("*")}
        for edition in (self._folder / KEPT).glob("*"):
            if edition.name not in {*used, *current} and _is_old(edition):
                shutil.rmtree(edition, ignore_errors=True)  # other processes do the same

    def _changes(self) -> list[int]:
        return [kind.stat().st_mtime_ns if kind.exists() else 0 for kind in self._kinds]


def load(folders: Sequence[Path] = (BUILT_IN,)) -> Catalog:
    """Read all blueprints; one of a later folder takes the place of an earlier namesake.

    Raises Invalid with the file and the field.
    """
    return Catalog([Shelf(folder) for folder in folders])


def _is_old(edition: Path) -> bool:
    with suppress(FileNotFoundError):
        return edition.stat().st_mtime < time.time() - _NEW_S
    return False


def _by_name(blueprints: Iterable[Orderable]) -> dict[str, Orderable]:
    return {one.name: one for one in blueprints}


def _found(name: str, there_are: Mapping[str, Kind]) -> Kind:
    try:
        return there_are[name]
    except KeyError as error:
        known = ", ".join(there_are)
        raise NotFound(
            Text("There is no such blueprint; there are {names}.", names=known)
        ) from error
