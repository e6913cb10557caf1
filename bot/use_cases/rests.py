"""Use cases on workspaces that take no messages for a time: their partnership's coordinators are told, once."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.message import Message
from bot.model import DeliveryKind, Role
from bot.ports import Tx
from bot.say import basics
from bot.use_cases.owing import owe_outside_cycles
from bot.use_cases.request import Request

TOLD_AFTER = timedelta(hours=1)
"""A shorter rest is nobody's concern: most end by themselves."""
IS_NEWS_FOR = timedelta(days=3)


async def tell_coordinators(tx: Tx, now: datetime) -> None:
    """Owe the coordinators a message about each workspace that has taken nothing for an hour."""
    for workspace in await tx.workspaces.take_untold_rests(now - TOLD_AFTER):
        everybody = await tx.members.of(workspace.partnership_id)
        coordinators = [each for each in everybody if each.has(Role.COORDINATOR)]
        for school_id in workspace.school_ids:
            await owe_outside_cycles(
                tx,
                DeliveryKind.WORKSPACE_RESTS,
                school_id,
                coordinators,
                now,
                occurrence=now.isoformat(timespec="seconds"),
                expires_at=now + IS_NEWS_FOR,
            )


async def compose(request: Request, school_id: int) -> Message | None:
    """Return the message about a school whose workspace takes nothing, or None if it does again."""
    school = await request.tx.schools.get(school_id)
    if school_id not in await request.tx.workspaces.resting(school.partnership_id):
        return None
    return basics.plain(request.voice, "rests.lead", school=school.name)
