"""Hours and profiles as columns, where a field needs conversion."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.model import Hours, Profile


def hours_from(row: Row[*tuple[Any, ...]]) -> Hours:
    """Read hours; weekdays are stored as digits, such as `01234`."""
    return Hours(days=frozenset(map(int, row.hours_days)), start=row.hours_start, end=row.hours_end)


def hours_columns(hours: Hours) -> dict[str, Any]:
    """Return hours as columns."""
    days = "".join(str(day) for day in sorted(hours.days))
    return {"hours_days": days, "hours_start": hours.start, "hours_end": hours.end}


def profile_from(row: Row[*tuple[Any, ...]]) -> Profile:
    """Read a profile, whose lists are stored as JSON."""
    return Profile(
        subjects=tuple(row.subjects),
        phase=row.phase,
        offers=tuple(row.offers),
        needs=tuple(row.needs),
        slots=tuple(row.slots),
    )
