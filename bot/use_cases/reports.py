"""What the bot itself has noticed about a member, for the coordinators."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from bot.model import DeliveryKind, Member, Role
from bot.ports import Tx
from bot.use_cases.owing import owe_outside_cycles

BLOCKED, STRANGER = "blocked", "stranger"
"""A chat that takes nothing; somebody who said to be the member."""


async def report(tx: Tx, member: Member, about: str, now: datetime) -> None:
    """Let the other coordinators know of something about a member that the bot has noticed."""
    everybody = await tx.members.of(member.partnership_id)
    others = [each for each in everybody if each.has(Role.COORDINATOR) and each.id != member.id]
    await owe_request(tx, member, others, about, now)


async def owe_request(
    tx: Tx, member: Member, coordinators: Collection[Member], about: str, now: datetime
) -> None:
    """Owe the coordinators one message about a member; about one thing at most one a day."""
    occurrence = f"{about} {now.date().isoformat()}"
    await owe_outside_cycles(tx, DeliveryKind.REQUEST, member.id, coordinators, now, occurrence=occurrence)
