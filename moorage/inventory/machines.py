"""All machines, from all sources: nobody waits for a slow one, and a broken one is told of."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import reduce

from moorage.inventory.machine import Machine, Source, json_list, merged, without
from moorage.kit.i18n import joined
from moorage.kit.kept import Kept

_LISTS_KEPT = 8  # of 20,000 machines each has 6 MB


class Snapshot:
    """All machines by id, as they were at one moment.

    owned: machine → who alone sees it until it is assigned.
    """

    def __init__(self, machines: Sequence[Machine]) -> None:
        self.machines = machines
        self.owned: Mapping[int, frozenset[str]] = {
            one.id: frozenset({one.owner_id}) for one in machines if one.owner_id is not None
        }
        self._lists: dict[frozenset[int], bytes] = {}

    def json_list(self, hidden: frozenset[int]) -> bytes:
        """Return what `/api/info` answers to whom some machines are hidden from."""
        if hidden not in self._lists:
            if len(self._lists) >= _LISTS_KEPT:
                self._lists.clear()
            self._lists[hidden] = json_list(without(self.machines, hidden))
        return self._lists[hidden]


class Machines:
    """The machines that this process knows. sources: of one machine in two, the first names it."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._kept = [
            Kept[Sequence[Machine]](
                source.look,
                (),
                fresh_s=source.fresh_s,
                within_s=source.within_s,
                has_changed=source.has_changed,
            )
            for source in sources
        ]
        self._found = [kept.last for kept in self._kept]
        self._snapshot = Snapshot(())

    async def all(self) -> Sequence[Machine]:
        """Return all machines by id, as they were last seen."""
        return (await self.snapshot()).machines

    async def snapshot(self) -> Snapshot:
        """Return the machines as they were last seen; the same object while nothing changes."""
        if not all(kept.is_fresh for kept in self._kept):
            await asyncio.gather(*(kept.get() for kept in self._kept))
        found = [kept.last for kept in self._kept]  # it may have come after nobody waited any more
        if any(new is not old for new, old in zip(found, self._found, strict=True)):
            self._found, self._snapshot = found, Snapshot(reduce(merged, found, ()))
        return self._snapshot

    def problem(self) -> str | None:
        """Return what is wrong with the sources, as far as anybody has asked them."""
        problems = [kept.problem for kept in self._kept if kept.problem]
        return joined(" ", problems) if problems else None

    async def close(self) -> None:
        """Stop looking."""
        await asyncio.gather(*(kept.close() for kept in self._kept))
