"""How things stand with what is owed, in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """At one moment."""

    due: int
    """Deliveries that should be on their way."""
    lag: timedelta
    """How long the first of them has waited."""
    sending: int
    uncertain: int
    lanes_blocked: int
    """Workspaces that take nothing at this moment, with something waiting for them."""
    is_migrated: bool
    """Whether the store's tables are those that this release knows."""
