"""What Compose makes of a stranger's project while nobody has said what its variables are."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from moorage.catalog import asking
from moorage.catalog.documents import Document
from moorage.catalog.project import Sources
from moorage.catalog.variables import Use, fill, passed_on, uses
from moorage.compose.port import RESERVED, Compose, Project
from moorage.kit.errors import Invalid

Json = Mapping[str, Any]  # Any: JSON of the parser

PROJECT = "app"  # its name while it is judged; an order has one of its own
_STORES = ("volumes", "networks", "configs", "secrets")


async def models(
    sources: Sources, documents: list[Document], compose: Compose, folder: Path
) -> list[Json]:
    """Return the project, parsed once for each set of values that shows another side of it.

    folder: where its files are. Raises Invalid with what the parser refuses.
    """
    found: list[Json] = []
    for stand_ins in asking.stand_ins(variables(documents), sources.values):
        values = {**sources.values, **stand_ins}
        try:
            model = await compose.config(Project(folder, sources.main, PROJECT, values))
        except Invalid:
            if not found:
                raise
        else:
            if not model.get("services"):
                raise Invalid("It has no services; name at least one.")
            found.append(_with_unused(model, documents, values, folder))
    return found


def variables(documents: Iterable[Document]) -> list[Use]:
    """List the variables that an order decides; what it asks in x-moorage is no use of one."""
    return [
        use
        for document in documents
        for use in (*uses(_without_block(document)), *passed_on(document))
        if not RESERVED.fullmatch(use.name) and not use.name.startswith("MOORAGE_")
    ]


def mapping(value: object) -> dict[str, Any]:  # Any: YAML
    """Return the value if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def _without_block(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "x-moorage"}


def _with_unused(model: Json, documents: list[Document], values: Json, folder: Path) -> Json:
    """Return the model with what no service uses: the parser drops it, but we say what it is."""
    whole, known = dict(model), {**values, "PWD": str(folder)}
    for kind in _STORES:
        for document in documents:
            stores = mapping(fill(document.get(kind), known))
            unused = {key: one for key, one in stores.items() if key not in model.get(kind, {})}
            absolute = {key: _absolute(mapping(one), folder) for key, one in unused.items()}
            whole[kind] = {**absolute, **whole.get(kind, {})}
    return whole


def _absolute(store: dict[str, Any], folder: Path) -> dict[str, Any]:  # Any: YAML
    """Return a store whose file begins at the top, as those of the model do."""
    file = store.get("file")
    if not isinstance(file, str) or file.startswith("~"):
        return store
    return {**store, "file": str(folder / file)}
