"""Faults of calls to a platform, planned by a test in order, by method and workspace."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Status 429, with a number of seconds to wait."""

    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Status:
    """Another HTTP status with a page that is no JSON; the call had no effect."""

    status: int
    after: bool = False
    """True when the call had its effect all the same."""


@dataclass(frozen=True, slots=True)
class DroppedBefore:
    """The connection ends, and the call had no effect."""


@dataclass(frozen=True, slots=True)
class DroppedAfter:
    """The connection ends, and the call had its effect."""


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer while the fake runs."""

    after: bool = False
    """True when the call had its effect all the same."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer `ok: false` with an error."""

    error: str


@dataclass(frozen=True, slots=True)
class Fine:
    """No fault, for a call between two faulty ones."""


Mishap: TypeAlias = RateLimited | Status | DroppedBefore | DroppedAfter | Hang | Refused | Fine


@dataclass(slots=True)
class Mishaps:
    """The faults planned for the next calls."""

    planned: dict[tuple[str, str], list[Mishap]] = field(default_factory=lambda: defaultdict(list))

    def plan(self, method: str, mishaps: tuple[Mishap, ...], team: str) -> None:
        """Plan faults for the next calls of a method, in one workspace or (no team) in any."""
        self.planned[method, team] += mishaps

    def next(self, method: str, team: str) -> Mishap:
        """Return the fault of this call; a workspace's own plans come first."""
        for key in ((method, team), (method, "")):
            if self.planned[key]:
                return self.planned[key].pop(0)
        return Fine()


NAMES: dict[str, type[Mishap]] = {
    "rate_limited": RateLimited,
    "status": Status,
    "dropped_before": DroppedBefore,
    "dropped_after": DroppedAfter,
    "hang": Hang,
    "refused": Refused,
    "fine": Fine,
}
"""The names of the kinds for the driver over HTTP: `{"kind": "rate_limited", "seconds": 30}`."""
