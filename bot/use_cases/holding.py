"""Holding typed text for some minutes before it goes to somebody else, so that its author can stop it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.rules.school_time import Availability
from bot.say.basics import Departure
from bot.use_cases.request import Request
from bot.use_cases.schools import choose_moment, read_availability


async def compute_hold_end(request: Request) -> datetime | None:
    """Return until when text that is typed now is held: some minutes of the school's day. None: nothing is held.

    The member's own hours and pause don't count: whoever types now can also press a button now.
    """
    if not request.hold:
        return None
    calendar = await request.tx.schools.calendar(request.member.home_school_id)
    return choose_moment(Availability(calendar=calendar), request.now) + request.hold


async def read_departure(
    request: Request, moments: Collection[datetime], held_until: datetime | None
) -> Departure:
    """Return when text goes to its readers, in its author's own time; without moments, it waits for others."""
    availability = await read_availability(request.tx, request.member)
    return Departure(
        now=availability.local(request.now),
        first=availability.local(min(moments)) if moments else None,
        last=availability.local(max(moments)) if moments else None,
        held_until=availability.local(held_until) if held_until and held_until > request.now else None,
    )
