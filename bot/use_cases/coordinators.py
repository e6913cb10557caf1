"""Use cases by which a member asks a coordinator for help, or reminds a partner without blame."""

from __future__ import annotations

from bot.errors import UserError
from bot.message import Message, Replacement, Reply
from bot.model import CheckInState, Cycle, DeliveryKind, Member
from bot.say import basics
from bot.say import typed_replies as say_replies
from bot.use_cases.owing import owe
from bot.use_cases.places import read_coordinators, read_place
from bot.use_cases.reports import BLOCKED, STRANGER, owe_request
from bot.use_cases.request import Request

SUBJECTS = ("moved", "tech", "partner", "complaint", "wrong-person")
"""What a request may be about; it never holds the words that somebody typed."""


async def ask(request: Request, about: str) -> Reply:
    """Ask the coordinators to get in touch with the member; they learn what it is about, and no words."""
    if about not in SUBJECTS:
        raise UserError("no-such-check-in")
    coordinators = await read_coordinators(request)
    if not coordinators:
        raise UserError("no-coordinator")
    await owe_request(request.tx, request.member, coordinators, about, request.now)
    names = request.voice.listing([each.name for each in coordinators])
    return Replacement(basics.plain(request.voice, "request.done", coordinator=names))


async def disconnect(request: Request) -> Reply:
    """Send nothing to this address any more, and let the coordinators know that it is another person's."""
    address = await request.tx.members.address_of(request.member.id)
    if address is not None:
        await request.tx.members.disconnect(address, request.now)
    coordinators = await read_coordinators(request)
    await owe_request(request.tx, request.member, coordinators, "wrong-person", request.now)
    return Replacement(basics.plain(request.voice, "not-me.done"))


async def remind_partner(request: Request, number: str) -> Reply:
    """Remind the partners of what is open for them, once; they are not told who asked."""
    tx = request.tx
    cycle = await tx.cycles.current(request.member.partnership_id)
    pairing = await tx.pairings.of_member(cycle.id, request.member.id) if cycle else None
    if cycle is None or pairing is None:
        raise UserError("no-partner")
    if number not in ("", str(pairing.id)):
        raise UserError("earlier-partner")
    partners = list((await tx.members.many(pairing.partners_of(request.member.id))).values())
    reminded = [each for each in partners if await _remind(request, cycle, each)]
    names = [each.given_name for each in reminded or partners]
    place = await read_place(request)
    return Replacement(say_replies.reminded(request.voice, place, names, has_gone=bool(reminded)))


async def _remind(request: Request, cycle: Cycle, partner: Member) -> bool:
    """Owe a partner one reminder of their open check-in; return False if there is none."""
    tx = request.tx
    for check_in in await tx.check_ins.open_for(partner.id, request.now):
        if check_in.state is CheckInState.OPEN:
            await owe(
                tx, cycle, DeliveryKind.NUDGE, check_in.id, [partner], request.now,
                expires_at=check_in.closes_at,
            )  # fmt: skip
            return True
    return False


async def compose_request(request: Request, member_id: int, about: str) -> Message | None:
    """Return the message that asks a coordinator to get in touch; None for a member who was erased."""
    member = await request.tx.members.get(member_id)
    if not member.active or not member.name:
        return None
    school = await request.tx.schools.get(member.home_school_id)
    voice = request.voice
    key = "request.noticed" if about in (BLOCKED, STRANGER) else "request.message"
    return basics.plain(
        voice, key, name=member.name, school=school.name, about=voice.text(f"request.{about}")
    )
