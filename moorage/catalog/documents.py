"""YAML that strangers wrote: read within limits, before anything else looks at it. Pure."""

from collections.abc import Iterator

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    NodeEvent,
)

from moorage.kit.errors import Invalid

MAX_BYTES = 1 << 20
MAX_NODES = 100_000  # with every alias written out
MAX_DEPTH = 50

Document = dict[str, object]


def read(content: bytes) -> list[Document]:
    """Return the documents of a file. Raises Invalid: too large, not YAML, no mapping."""
    if len(content) > MAX_BYTES:
        raise Invalid(f"It is larger than {MAX_BYTES >> 20} MiB.")
    try:
        _measure(content)
        documents = [one for one in yaml.load_all(content, _Loader) if one is not None]
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise Invalid(f"It is not YAML: {_one_line(error)}.") from error
    if not documents or not all(isinstance(one, dict) for one in documents):
        raise Invalid("It is no Compose file: it must be a mapping with `services`.")
    return documents


class _Loader(yaml.CSafeLoader):
    """Safe YAML in which a tag that it does not know, such as Compose's !reset, says nothing."""

    def construct_plain(self, node: yaml.Node) -> object:
        """Build a value as if it had no tag."""
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        return node.value


_Loader.add_constructor(None, _Loader.construct_plain)


def _measure(content: bytes) -> None:
    """Raise Invalid when the content is too deep, or too much with all aliases written out."""
    sizes: dict[str, int] = {}
    for anchor, size, depth in _nodes(content, sizes):
        if depth > MAX_DEPTH:
            raise Invalid(f"It is nested more than {MAX_DEPTH} deep.")
        if size > MAX_NODES:
            raise Invalid(f"It holds more than {MAX_NODES:,} values.")
        if anchor:
            sizes[anchor] = size


def _nodes(content: bytes, sizes: dict[str, int]) -> Iterator[tuple[str | None, int, int]]:
    """Yield anchor, size so far and depth of each node."""
    open_nodes: list[tuple[str | None, int]] = []  # anchor, and the size of the file before it
    total = 0
    for event in yaml.parse(content, yaml.CSafeLoader):
        if isinstance(event, AliasEvent):
            if event.anchor not in sizes:
                raise Invalid(f"Its alias *{event.anchor} is part of itself, or of nothing.")
            total += sizes[event.anchor]
            yield None, total, len(open_nodes)
        elif isinstance(event, CollectionStartEvent):
            open_nodes.append((event.anchor, total))
            sizes.pop(event.anchor or "", None)
            total += 1
            yield None, total, len(open_nodes)
        elif isinstance(event, CollectionEndEvent):
            anchor, before = open_nodes.pop()
            yield anchor, total - before, len(open_nodes)
        elif isinstance(event, NodeEvent):
            total += 1
            yield None, total, len(open_nodes)
            yield event.anchor, 1, len(open_nodes)
        elif isinstance(event, DocumentEndEvent):
            sizes.clear()


def _one_line(error: Exception) -> str:
    problem = getattr(error, "problem", None) or str(error)
    mark = getattr(error, "problem_mark", None)
    return problem.strip(".") + (f", line {mark.line + 1}" if mark else "")
