"""Members, hours and profiles as columns, where a field needs conversion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, RowMapping

from bot.model import Hours, Member, Post, Profile
from storage import tables as t


def member_from(rows: Sequence[RowMapping]) -> Member:
    """Build a member from one row for each post; weekdays are stored as digits, such as `01234`."""
    row, c = rows[0], t.member.c
    return Member(
        id=row[c.id],
        partnership_id=row[c.partnership_id],
        source_id=row[c.source_id],
        given_name=row[c.given_name],
        family_name=row[c.family_name],
        email=row[c.email],
        language=row[c.language],
        active=row[c.active],
        posts=tuple(
            Post(each[t.post.c.role], each[t.post.c.school_id])
            for each in rows
            if each[t.post.c.role] is not None
        ),
        hours=Hours(
            days=frozenset(map(int, row[c.hours_days])), start=row[c.hours_start], end=row[c.hours_end]
        ),
        paused_until=row[c.paused_until],
    )


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
