"""The use case of a page of one's own, where a platform has one."""

from __future__ import annotations

from bot.message import Message
from bot.model import CheckInState
from bot.say import home as say_home
from bot.use_cases import cycles, status
from bot.use_cases.request import Request

ANSWERS_SHOWN = 5
"""Steps, the newest first: everything is in `my data`."""


async def show(request: Request) -> Message:
    """Where I am, what I said in this cycle, and everything I can set."""
    place = await status.show(request)
    return say_home.home(request.voice, request.member, place, await _read_answered(request))


async def _read_answered(request: Request) -> list[say_home.SaidBefore]:
    tx, member = request.tx, request.member
    cycle = await tx.cycles.last(member.partnership_id)
    if cycle is None or await tx.cycles.enrolment(cycle.id, member.id) is None:
        return []
    pack = await cycles.read_pack(tx, cycle)
    asked = reversed(await tx.check_ins.of_member(cycle.id, member.id))
    answered = [each for each in asked if each.state is CheckInState.ANSWERED][:ANSWERS_SHOWN]
    return [
        say_home.SaidBefore(
            pack.step(each.step),
            await tx.check_ins.answers(each.id),
            each.id if each.closes_at > request.now else None,
        )
        for each in answered
    ]
