"""Use case of a member's home page, on platforms that have one."""

from __future__ import annotations

from bot.message import Message
from bot.model import CheckInState
from bot.say import home as say_home
from bot.use_cases import cycles, status
from bot.use_cases.request import Request

ANSWERS_SHOWN = 5
"""The newest answered check-ins on the page; `my data` holds all."""


async def show(request: Request) -> Message:
    """Return the member's status, their answers in this cycle, and all they can set."""
    place = await status.show(request)
    return say_home.home(request.voice, request.member, place, await _read_answered(request))


async def _read_answered(request: Request) -> list[say_home.SaidBefore]:
    """Return the newest answered check-ins of the latest cycle."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.last(member.partnership_id)
    if cycle is None or await tx.cycles.enrolment(cycle.id, member.id) is None:
        return []
    pack = await cycles.read_pack(tx, cycle)
    newest_first = reversed(await tx.check_ins.of_member(cycle.id, member.id))
    answered = [each for each in newest_first if each.state is CheckInState.ANSWERED][:ANSWERS_SHOWN]
    return [
        say_home.SaidBefore(
            pack.step(each.step),
            await tx.check_ins.answers(each.id),
            each.id if each.closes_at > request.now else None,
        )
        for each in answered
    ]
