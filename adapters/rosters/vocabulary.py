"""What a roster may say in its free columns: keys of the content's lists, where the caller gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.files.faults import shown
from adapters.files.table import Row


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys that are known; None: not checked."""

    practices: frozenset[str] | None = None
    slots: frozenset[str] | None = None
    phases: frozenset[str] | None = None

    def keys(self, row: Row, column: str, cell: str) -> tuple[str, ...]:
        """The keys in a cell: of `Group talk; recall` `group-talk` and `recall`. Unknown ones are faults."""
        keys = tuple(dict.fromkeys(filter(None, map(_key, cell.split(";")))))
        known = self._known(column)
        for key in keys:
            if known is not None and key not in known:
                row.fault(column, f"roster.unknown-{_NAMES[column]}", value=shown(key), known=_list(known))
        return keys

    def _known(self, column: str) -> frozenset[str] | None:
        known = {"offers": self.practices, "needs": self.practices, "slots": self.slots, "phase": self.phases}
        return known.get(column)


_NAMES = {"offers": "practice", "needs": "practice", "slots": "slot", "phase": "phase"}


def _key(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.strip().casefold())


def _list(known: Iterable[str]) -> str:
    return ", ".join(sorted(known))
