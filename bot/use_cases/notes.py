"""Use cases on notes: the bot carries text to a partner, whatever platform or school each is on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import UserError
from bot.message import Form, Message, Replacement, Reply
from bot.model import DeliveryKind, Member, Note, Pairing
from bot.say import challenges as say_challenges
from bot.use_cases.forms import find_faults, parse_id
from bot.use_cases.holding import compute_hold_end, read_departure
from bot.use_cases.kept_text import take_text
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import choose_moment, read_availabilities

LONGEST_NOTE = 2000
"""Characters: fits every platform whole, so that no note is ever cut."""


async def hold(request: Request, context: str, text: str) -> Message:
    """Hold and then send a typed note to the partners that a form's context names."""
    pairing, partners = await get_partners(request)
    receivers = _addressed(context, pairing, partners)
    return await _send(request, pairing, receivers, text, await compute_hold_end(request))


def check_length(text: str) -> None:
    """Raise `UserError` for a note that is too long."""
    if len(text) > LONGEST_NOTE:
        raise UserError("too-long", length=len(text), limit=LONGEST_NOTE)


async def get_context(request: Request, named: Sequence[Member]) -> str:
    """Return the context of the form for a note to those of the partners; to all of them if nobody is named."""
    pairing, partners = await get_partners(request)
    return _context(pairing, named or partners, len(partners))


async def drop_kept_text(request: Request) -> Reply:
    """Delete the kept text, and return it to its author."""
    text = await take_text(request)
    return Replacement(say_challenges.dropped(request.voice, text or ""))


async def open_form(request: Request, context: str) -> Form:
    """Return the form for a note to the partners (`12`) or to one (`12 34`); raise `UserError` for earlier ones."""
    pairing, partners = await get_partners(request)
    return _tell_form(request, pairing, _addressed(context, pairing, partners), len(partners))


async def submit(request: Request, context: str, values: Mapping[str, str]) -> Reply:
    """Send the note from the form, only to the partners for whom the form was opened."""
    pairing, partners = await get_partners(request)
    receivers = _addressed(context, pairing, partners)
    form = _tell_form(request, pairing, receivers, len(partners))
    if faults := find_faults(request.voice, form, values):
        return faults
    return await _send(request, pairing, receivers, values["text"].strip(), held_until=None)


async def send_now(request: Request, number: str) -> Reply:
    """Send a note that is held."""
    note = await _get_own(request, number)
    return Replacement(await _send_again(request, note))


async def open_changing_form(request: Request, number: str) -> Form:
    """Return the form with a note that its author wants to change."""
    note = await _get_own(request, number)
    return say_challenges.note_form(request.voice, note, await _read_receiver_names(request, note))


async def change(request: Request, number: str, values: Mapping[str, str]) -> Reply:
    """Store the changed note and send it; where it has arrived already, update it in place."""
    note = await _get_own(request, number)
    form = say_challenges.note_form(request.voice, note, await _read_receiver_names(request, note))
    if faults := find_faults(request.voice, form, values):
        return faults
    changed = replace(note, text=values["text"].strip())
    await request.tx.notes.set_text(note.id, changed.text)
    await request.tx.deliveries.refresh(DeliveryKind.NOTE, note.id, request.now)
    return Replacement(await _send_again(request, changed))


async def take_back(request: Request, number: str) -> Reply:
    """Erase a note, before it goes or wherever it has arrived, and return its text to its author."""
    note = await _get_own(request, number)
    has_gone = await was_sent(request, note)
    await request.tx.notes.set_text(note.id, "")
    await request.tx.deliveries.refresh(DeliveryKind.NOTE, note.id, request.now)
    return Replacement(say_challenges.note_taken_back(request.voice, note, was_sent=has_gone))


async def was_sent(request: Request, note: Note) -> bool:
    """Return whether a partner has had the note."""
    deliveries, receivers = request.tx.deliveries, await _read_receivers(request, note)
    return any([await deliveries.was_sent(DeliveryKind.NOTE, note.id, each.id) for each in receivers])


async def offer_changes(request: Request, note: Note) -> Message:
    """Say that the partners have had the note, with buttons to change it or to take it back."""
    return say_challenges.note_has_gone(request.voice, note, await _read_receiver_names(request, note))


async def _get_own(request: Request, number: str) -> Note:
    """Return the member's note with this number; raise `UserError` if there is none or it was taken back."""
    note_id = parse_id(number)
    note = await request.tx.notes.get(note_id) if note_id is not None else None
    if note is None or note.author_id != request.member.id or not note.text:
        raise UserError("no-such-note")
    return note


async def _read_receivers(request: Request, note: Note) -> list[Member]:
    pairing = await request.tx.pairings.get(note.pairing_id)
    ids = pairing.partners_of(request.member.id) if note.receiver_id is None else (note.receiver_id,)
    return list((await request.tx.members.many(ids)).values())


async def _read_receiver_names(request: Request, note: Note) -> str:
    return request.voice.listing([each.given_name for each in await _read_receivers(request, note)])


async def _send_again(request: Request, note: Note) -> Message:
    """Make the deliveries of a note due now, and return what its author reads."""
    await request.tx.deliveries.bring_forward(DeliveryKind.NOTE, [note.id], request.now)
    receivers = await _read_receivers(request, note)
    available = await read_availabilities(request.tx, receivers)
    moments = [choose_moment(available[each.id], request.now) for each in receivers]
    return await _confirm(request, note, receivers, moments, held_until=None)


def _tell_form(request: Request, pairing: Pairing, receivers: Sequence[Member], partners: int) -> Form:
    """Return the form for a note to these partners."""
    context = _context(pairing, receivers, partners)
    names = request.voice.listing([each.given_name for each in receivers])
    return say_challenges.tell_form(request.voice, context, names)


def _context(pairing: Pairing, receivers: Sequence[Member], partners: int) -> str:
    """Return the context of the form for a note: the pairing, and the receiver if it is not for every partner."""
    return str(pairing.id) if len(receivers) == partners else f"{pairing.id} {receivers[0].id}"


def _addressed(context: str, pairing: Pairing, partners: list[Member]) -> list[Member]:
    """Return the partners that a form's context names; raise `UserError` if they are no longer partners."""
    number, _, receiver = context.partition(" ")
    found = [each for each in partners if receiver in ("", str(each.id))]
    if number not in ("", str(pairing.id)) or not found:
        raise UserError("earlier-partner")
    return found


async def read_partner_names(request: Request) -> frozenset[str]:
    """Return the casefolded names that may follow `tell`."""
    try:
        _, partners = await get_partners(request)
    except UserError:
        return frozenset()
    return frozenset(name.casefold() for each in partners for name in (each.given_name, each.name))


async def get_partners(request: Request) -> tuple[Pairing, list[Member]]:
    """Return the pairing and its other active members; raise `UserError` without them."""
    pairing = await _find_pairing(request)
    if pairing is None:
        raise UserError("no-partner")
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


async def _send(
    request: Request, pairing: Pairing, receivers: list[Member], text: str, held_until: datetime | None
) -> Message:
    """Store a note, owe it to these partners, and tell its author when it goes."""
    tx = request.tx
    is_for_all = len(receivers) == len(pairing.partners_of(request.member.id))
    note = await tx.notes.add(
        Note(
            id=0,
            pairing_id=pairing.id,
            author_id=request.member.id,
            text=text,
            sent_at=request.now,
            message=request.message,
            receiver_id=None if is_for_all else receivers[0].id,
        )
    )
    cycle = await tx.cycles.get(pairing.cycle_id)
    moments = await owe(tx, cycle, DeliveryKind.NOTE, note.id, receivers, held_until or request.now)
    return await _confirm(request, note, receivers, moments.values(), held_until)


async def _confirm(
    request: Request,
    note: Note,
    receivers: Sequence[Member],
    moments: Collection[datetime],
    held_until: datetime | None,
) -> Message:
    """Tell the author of a note who gets it and when, with buttons to send, change or stop it."""
    names = request.voice.listing([each.given_name for each in receivers])
    return say_challenges.note_goes(
        request.voice, note, names, await read_departure(request, moments, held_until)
    )


async def compose_note(request: Request, note_id: int) -> Message | None:
    """Return the message with the note, or None if the note was erased."""
    note = await request.tx.notes.get(note_id)
    if note is None or note.author_id is None or not note.text:
        return None
    author = await request.tx.members.get(note.author_id)
    return say_challenges.note_from(request.voice, note, author.given_name)
