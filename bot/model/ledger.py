"""What an operator asks of the ledger, and a line of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.model.delivery import DeliveryKind, DeliveryState


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A delivery without a word or a name: people and schools by their ids in the roster."""

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
    """Which lines: what is empty asks for all. `since` and, not included, `until` are about the time due."""

    states: frozenset[DeliveryState] = frozenset()
    kinds: frozenset[DeliveryKind] = frozenset()
    partnership: str = ""
    school: str = ""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 1_000_000
