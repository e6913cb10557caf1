"""A line of the ledger as an operator sees it, and the filter for lines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.delivery import DeliveryKind, DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A delivery without texts or names: people and schools by their ids in the roster."""

    id: int
    state: DeliveryState
    reason: str
    kind: DeliveryKind
    school: str
    person: str
    partnership: str
    due_at: datetime
    expires_at: datetime | None
    settled_at: datetime | None
    attempts: int
    perhaps_twice: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFilter:
    """A filter for lines by `due_at` from `since` up to, not including, `until`; an empty field does not filter."""

    states: frozenset[DeliveryState] = frozenset()
    kinds: frozenset[DeliveryKind] = frozenset()
    partnership: str = ""
    school: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 1_000_000
