"""Use cases on notes: the bot carries words to a partner, whatever platform or school each is on."""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import UserError
from bot.message import Form, Message, Reply
from bot.model import DeliveryKind, Member, Note, Pairing
from bot.say import basics
from bot.say import challenges as say_challenges
from bot.use_cases.forms import find_faults
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

LONGEST_NOTE = 2000
"""Characters: fits every platform whole, so that nothing of a partner's words is ever cut."""


async def tell(request: Request, text: str) -> Reply:
    """`tell Tama see you on Tuesday`; without words, open the form."""
    pairing, partners = await _get_partners(request)
    said = _without_name(text, partners)
    if not said:
        return say_challenges.tell_form(
            request.voice, pairing.id, request.voice.listing([each.given_name for each in partners])
        )
    if len(said) > LONGEST_NOTE:
        raise UserError("too-long", length=len(said), limit=LONGEST_NOTE)
    return await _send(request, pairing, partners, said)


async def open_form(request: Request, number: str) -> Form:
    """The form, for the pairing one is in now; raises `UserError` where the button was for an earlier one."""
    pairing, partners = await _get_partners(request, number)
    return say_challenges.tell_form(
        request.voice, pairing.id, request.voice.listing([each.given_name for each in partners])
    )


async def submit(request: Request, number: str, values: Mapping[str, str]) -> Reply:
    """The same from the form: to those it was opened for, or to nobody."""
    voice = request.voice
    pairing, partners = await _get_partners(request, number)
    form = say_challenges.tell_form(voice, pairing.id, voice.listing([each.given_name for each in partners]))
    if wrong := find_faults(voice, form, values):
        return wrong
    return await _send(request, pairing, partners, values["text"].strip())


async def read_partner_names(request: Request) -> frozenset[str]:
    """What one may call the partners after `tell`, casefolded."""
    try:
        _, partners = await _get_partners(request)
    except UserError:
        return frozenset()
    return frozenset(name.casefold() for each in partners for name in (each.given_name, each.name))


async def _get_partners(request: Request, number: str = "") -> tuple[Pairing, list[Member]]:
    pairing = await _find_pairing(request)
    if pairing is None:
        raise UserError("no-partner")
    if number not in ("", str(pairing.id)):
        raise UserError("earlier-partner")
    partners = [
        each
        for each in (await request.tx.members.many(pairing.partners_of(request.member.id))).values()
        if each.active
    ]
    if not partners:
        raise UserError("no-partner")
    return pairing, partners


async def _find_pairing(request: Request) -> Pairing | None:
    """The one they sit in now; where nobody has begun anew, the last: partners may go on writing after a cycle."""
    tx, member = request.tx, request.member
    for cycle in await tx.cycles.all_of(member.partnership_id):
        if pairing := await tx.pairings.of_member(cycle.id, member.id):
            blocked = await tx.members.blocked(member.partnership_id)
            met = {frozenset((member.id, each)) for each in pairing.partners_of(member.id)}
            return None if met & blocked else pairing
        if cycle.confirmed_at is not None and await tx.cycles.enrolment(cycle.id, member.id):
            return None
    return None


def _without_name(text: str, partners: list[Member]) -> str:
    """The words without the partner's name in front of them."""
    said = text.strip()
    for name in sorted(
        (name for each in partners for name in (each.name, each.given_name)), key=len, reverse=True
    ):
        if said.casefold().startswith(name.casefold()) and not said[len(name) :][:1].isalnum():
            return said[len(name) :].lstrip(" ,:")
    for name in ("my partner", "partner"):
        if said.casefold().startswith(f"{name} "):
            return said[len(name) :].lstrip(" ,:")
    return said


async def _send(request: Request, pairing: Pairing, partners: list[Member], text: str) -> Message:
    tx, voice, now = request.tx, request.voice, request.now
    note = await tx.notes.add(
        Note(id=0, pairing_id=pairing.id, author_id=request.member.id, text=text, sent_at=now)
    )
    cycle = await tx.cycles.get(pairing.cycle_id)
    moments = await owe(tx, cycle, DeliveryKind.NOTE, note.id, partners, now)
    names = voice.listing([each.given_name for each in partners])
    if all(moment <= now for moment in moments.values()):
        return basics.plain(voice, "tell.now", partner=names)
    if len(partners) > 1:
        return basics.plain(voice, "tell.several", partner=names)
    arrives = (await read_availability(tx, request.member)).local(moments[partners[0].id])
    return basics.plain(
        voice, "tell.later", partner=names, day=voice.day(arrives.date()), time=voice.time(arrives)
    )


async def compose_note(request: Request, note_id: int) -> Message | None:
    """What a partner reads; None when the words were erased meanwhile."""
    note = await request.tx.notes.get(note_id)
    if note is None or note.author_id is None or not note.text:
        return None
    author = await request.tx.members.get(note.author_id)
    return say_challenges.note(request.voice, note.text, author.given_name, note.pairing_id)
