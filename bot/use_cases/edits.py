"""Use cases on messages that a member edits or deletes after typing something in them."""

from __future__ import annotations

from bot.message import Message
from bot.model import CheckIn, CheckInState, CommandName, DeliveryKind, FormName
from bot.say import basics
from bot.use_cases import notes, withdrawals
from bot.use_cases.asked_check_ins import read_asked_check_in
from bot.use_cases.request import Request


async def withdraw(request: Request, message: str) -> Message | bool:
    """Take back what was typed in that message, and return whether anything was.

    Where somebody else has had it already nothing changes: the message to its author is returned, with buttons.
    """
    tx = request.tx
    found = await tx.members.drop_words(request.member.id, message)
    for answer in await tx.check_ins.typed_in(request.member.id, message):
        check_in = await tx.check_ins.get(answer.check_in_id)
        if check_in is None:
            continue
        if await _was_read(request, check_in):
            return await _offer(request, check_in)
        await withdrawals.take_back_typed(request, f"{check_in.id} {answer.question}")
        found = True
    for note in await tx.notes.typed_in(request.member.id, message):
        if await notes.was_sent(request, note):
            return await notes.offer_changes(request, note)
        await notes.take_back(request, str(note.id))
        found = True
    return found


async def delete(request: Request, message: str) -> Message | None:
    """Take back what was typed in a message that was deleted; None if nothing of it is stored."""
    found = await withdraw(request, message)
    if isinstance(found, Message):
        return found
    return basics.plain(request.voice, "check-in.deleted") if found else None


async def _was_read(request: Request, check_in: CheckIn) -> bool:
    """Return whether somebody else may have read the answers."""
    tx = request.tx
    if check_in.state is not CheckInState.ANSWERED or check_in.pairing_id is None:
        return False
    challenge = await tx.challenges.of_check_in(check_in.id)
    if challenge is not None:
        return challenge.released_at is not None
    pairing = await tx.pairings.get(check_in.pairing_id)
    partners = pairing.partners_of(request.member.id)
    return any(
        [await tx.deliveries.was_sent(DeliveryKind.SHARED_ANSWER, check_in.id, each) for each in partners]
    )


async def _offer(request: Request, check_in: CheckIn) -> Message:
    """Say that the partner has had the answer, with buttons to change it or to take it back."""
    voice, number = request.voice, str(check_in.id)
    asked = await read_asked_check_in(request, check_in)
    return basics.plain(
        voice,
        "check-in.edited-gone",
        basics.opens(voice, "button.change", FormName.CHECK_IN, number),
        basics.runs(voice, "button.take-back", CommandName.TAKE_BACK, number),
        partner=asked.partner,
    )
