"""The keys that a roster may use for practices, free times and phases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.files.faults import shown
from adapters.files.table import Row


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The keys of each list; None: any."""

    practices: frozenset[str] | None = None
    slots: frozenset[str] | None = None
    phases: frozenset[str] | None = None

    def keys(self, row: Row, column: str, cell: str) -> tuple[str, ...]:
        """Return the keys in a cell: `Group talk; recall` gives `group-talk` and `recall`. Unknown ones are faults."""
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
