"""Free times that two people share, each by the clock of their own school."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri")
HOURS = {
    "before": (time(8), time(8, 45)),
    "lunch": (time(12, 15), time(13, 15)),
    "after": (time(15, 30), time(17)),
}
LONG_ENOUGH = timedelta(minutes=20)
"""The least overlap of two free times that counts as shared: enough for a talk."""


def common(slots: Collection[str], zone: str, others: Collection[str], other_zone: str, week_of: date) -> int:
    """Return how many of the free times the other shares, in the week of that day."""
    return sum(not meeting(slot, zone, other_zone, week_of).isdisjoint(others) for slot in slots)


def meeting(slot: str, zone: str, other_zone: str, week_of: date) -> frozenset[str]:
    """Return the free times of the other time zone that a slot overlaps; without zones, the slot of the same name."""
    if not zone and not other_zone:
        return frozenset((slot,))
    return (
        shared_slots(zone, other_zone, week_of).get(slot, frozenset()) if zone and other_zone else frozenset()
    )


@lru_cache(maxsize=1_000)
def shared_slots(zone: str, other_zone: str, week_of: date) -> Mapping[str, frozenset[str]]:
    """Return, for each slot of one time zone, the slots of the other that it overlaps in the week of that day."""
    slots, others = _week(zone, week_of), _week(other_zone, week_of)
    return {
        slot: frozenset(
            other
            for other, (other_start, other_end) in others.items()
            if min(end, other_end) - max(start, other_start) >= LONG_ENOUGH
        )
        for slot, (start, end) in slots.items()
    }


def _week(zone: str, week_of: date) -> dict[str, tuple[datetime, datetime]]:
    """Return every slot of that week with its start and end in UTC, since clocks change on different days."""
    monday = week_of - timedelta(days=week_of.weekday())
    return {
        f"{name}-{hours}": (_moment(zone, day, start), _moment(zone, day, end))
        for day, name in ((monday + timedelta(days=index), name) for index, name in enumerate(DAYS))
        for hours, (start, end) in HOURS.items()
    }


def _moment(zone: str, day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=ZoneInfo(zone)).astimezone(UTC)
