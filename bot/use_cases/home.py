"""The use case of a page of one's own, where a platform has one."""

from __future__ import annotations

from datetime import datetime

from bot.message import Message
from bot.model import CheckInState, Member
from bot.ports import Tx
from bot.prompts import Voice
from bot.say import home as say_home
from bot.use_cases import cycles, status

ANSWERS_SHOWN = 5
"""Steps, the newest first: everything is in `my data`."""


async def show(tx: Tx, voice: Voice, member: Member, now: datetime) -> Message:
    """Where I am, what I said in this cycle, and everything I can set."""
    place = await status.show(tx, voice, member, now)
    return say_home.home(voice, member, place, await _said(tx, member, now))


async def _said(tx: Tx, member: Member, now: datetime) -> list[say_home.SaidBefore]:
    cycle = await tx.cycles.last(member.partnership_id)
    if cycle is None or await tx.cycles.enrolment(cycle.id, member.id) is None:
        return []
    pack = await cycles.pack_of(tx, cycle)
    asked = reversed(await tx.check_ins.of_member(cycle.id, member.id))
    answered = [each for each in asked if each.state is CheckInState.ANSWERED][:ANSWERS_SHOWN]
    return [
        say_home.SaidBefore(
            pack.step(each.step),
            await tx.check_ins.answers(each.id),
            each.id if each.closes_at > now else None,
        )
        for each in answered
    ]
