"""What can go wrong on the way to Slack: planned by a test, in order, by method and by workspace."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class RateLimited:
    """429, to be tried again after some seconds."""

    seconds: int = 30


@dataclass(frozen=True, slots=True)
class Status:
    """Another HTTP status with a page that is no JSON; nothing was done."""

    status: int
    after: bool = False
    """It was done all the same."""


@dataclass(frozen=True, slots=True)
class DroppedBefore:
    """The connection ends, nothing was done."""


@dataclass(frozen=True, slots=True)
class DroppedAfter:
    """The connection ends, and it was done."""


@dataclass(frozen=True, slots=True)
class Hang:
    """No answer as long as the fake lives."""

    after: bool = False
    """It was done all the same."""


@dataclass(frozen=True, slots=True)
class Refused:
    """`ok: false` with that error."""

    error: str


@dataclass(frozen=True, slots=True)
class Fine:
    """Nothing wrong: for a call between two bad ones."""


Mishap: TypeAlias = RateLimited | Status | DroppedBefore | DroppedAfter | Hang | Refused | Fine


@dataclass(slots=True)
class Mishaps:
    """What awaits the next calls."""

    planned: dict[tuple[str, str], list[Mishap]] = field(default_factory=lambda: defaultdict(list))

    def plan(self, method: str, mishaps: tuple[Mishap, ...], team: str) -> None:
        """For the next calls of that method, in one workspace or (no team) in any."""
        self.planned[method, team] += mishaps

    def next(self, method: str, team: str) -> Mishap:
        """What happens to this call; a workspace's own plans come first."""
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
"""As the driver's HTTP side calls them: `{"kind": "rate_limited", "seconds": 30}`."""
