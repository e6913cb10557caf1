"""Members and profiles as columns, where a column isn't simply a field."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from bot.model import Hours, Profile


def hours_from(row: Row[*tuple[Any, ...]]) -> Hours:
    """The weekdays are kept as digits: `01234`."""
    return Hours(days=frozenset(map(int, row.hours_days)), start=row.hours_start, end=row.hours_end)


def hours_columns(hours: Hours) -> dict[str, Any]:
    """The other way round."""
    days = "".join(str(day) for day in sorted(hours.days))
    return {"hours_days": days, "hours_start": hours.start, "hours_end": hours.end}


def profile_from(row: Row[*tuple[Any, ...]]) -> Profile:
    """JSON knows lists only."""
    return Profile(
        subjects=tuple(row.subjects),
        phase=row.phase,
        offers=tuple(row.offers),
        needs=tuple(row.needs),
        slots=tuple(row.slots),
    )
