"""Counts of what is waiting, for health checks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The state of deliveries and lanes at one moment."""

    due: int
    """The number of deliveries whose time has come."""
    lag: timedelta
    """The time that the oldest of them is late."""
    sending: int
    uncertain: int
    lanes_blocked: int
    """The number of workspaces that take nothing at this moment while something waits for them."""
    is_migrated: bool
    """True if the store's tables are those of this release."""
