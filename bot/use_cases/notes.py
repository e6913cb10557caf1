"""Use cases on notes: the bot carries text to a partner, whatever platform or school each is on."""

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
"""Characters: fits every platform whole, so that no note is ever cut."""


async def tell(request: Request, text: str) -> Reply:
    """Send the partners a note, typed as `tell Tama see you on Tuesday`; without text, return the form."""
    pairing, partners = await _get_partners(request)
    note = _without_name(text, partners)
    if not note:
        return say_challenges.tell_form(
            request.voice, pairing.id, request.voice.listing([each.given_name for each in partners])
        )
    if len(note) > LONGEST_NOTE:
        raise UserError("too-long", length=len(note), limit=LONGEST_NOTE)
    return await _send(request, pairing, partners, note)


async def open_form(request: Request, number: str) -> Form:
    """Return the form for a note to the present partners; raise `UserError` if the button was for earlier ones."""
    pairing, partners = await _get_partners(request, number)
    return say_challenges.tell_form(
        request.voice, pairing.id, request.voice.listing([each.given_name for each in partners])
    )


async def submit(request: Request, number: str, values: Mapping[str, str]) -> Reply:
    """Send the note from the form, only to the partners for whom the form was opened."""
    voice = request.voice
    pairing, partners = await _get_partners(request, number)
    form = say_challenges.tell_form(voice, pairing.id, voice.listing([each.given_name for each in partners]))
    if faults := find_faults(voice, form, values):
        return faults
    return await _send(request, pairing, partners, values["text"].strip())


async def read_partner_names(request: Request) -> frozenset[str]:
    """Return the casefolded names that may follow `tell`."""
    try:
        _, partners = await _get_partners(request)
    except UserError:
        return frozenset()
    return frozenset(name.casefold() for each in partners for name in (each.given_name, each.name))


async def _get_partners(request: Request, number: str = "") -> tuple[Pairing, list[Member]]:
    """Return the pairing and its other active members; raise `UserError` without them."""
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
    """Return the present pairing, or the last one if no new cycle has begun for the member; None if they were blocked.

    Partners may go on writing to each other after a cycle.
    """
    tx, member = request.tx, request.member
    for cycle in await tx.cycles.all_of(member.partnership_id):
        if pairing := await tx.pairings.of_member(cycle.id, member.id):
            blocked = await tx.members.blocked(member.partnership_id)
            pairs = {frozenset((member.id, each)) for each in pairing.partners_of(member.id)}
            return None if pairs & blocked else pairing
        if cycle.confirmed_at is not None and await tx.cycles.enrolment(cycle.id, member.id):
            return None
    return None


def _without_name(text: str, partners: list[Member]) -> str:
    """Return the text without the partner's name in front of it."""
    note = text.strip()
    for name in sorted(
        (name for each in partners for name in (each.name, each.given_name)), key=len, reverse=True
    ):
        if note.casefold().startswith(name.casefold()) and not note[len(name) :][:1].isalnum():
            return note[len(name) :].lstrip(" ,:")
    for name in ("my partner", "partner"):
        if note.casefold().startswith(f"{name} "):
            return note[len(name) :].lstrip(" ,:")
    return note


async def _send(request: Request, pairing: Pairing, partners: list[Member], text: str) -> Message:
    """Store a note, owe it to the partners, and tell its author when it arrives."""
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
    arrival = (await read_availability(tx, request.member)).local(moments[partners[0].id])
    return basics.plain(
        voice, "tell.later", partner=names, day=voice.day(arrival.date()), time=voice.time(arrival)
    )


async def compose_note(request: Request, note_id: int) -> Message | None:
    """Return the message with the note, or None if the note was erased."""
    note = await request.tx.notes.get(note_id)
    if note is None or note.author_id is None or not note.text:
        return None
    author = await request.tx.members.get(note.author_id)
    return say_challenges.note(request.voice, note.text, author.given_name, note.pairing_id)
