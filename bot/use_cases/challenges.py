"""Use cases on peer challenges: give one, release them once all partners have given, reply with a next step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from bot.errors import UserError
from bot.message import Form, Message, Replacement, Reply
from bot.model import Challenge, CheckIn, DeliveryKind, PairingState
from bot.ports import Tx
from bot.rules import privacy
from bot.say import challenges as say_challenges
from bot.say.check_ins import AskedCheckIn
from bot.use_cases.asked_check_ins import read_last_closing
from bot.use_cases.forms import find_faults, parse_id
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

EVIDENCE, QUESTION, SUGGESTION = "evidence", "question", "suggestion"
"""Keys of the questions of a challenge step; the suggestion is optional."""


async def give(request: Request, asked: AskedCheckIn) -> datetime | None:
    """Store the member's challenge; release the pairing's challenges when it was the last one missing.

    Returns when they are released, or None while the others are waited for.
    """
    tx, member, now = request.tx, request.member, request.now
    check_in = asked.check_in
    if check_in.pairing_id is None:
        raise UserError("no-partner")
    pairing = await tx.pairings.get(check_in.pairing_id)
    if member.id not in pairing.member_ids or pairing.state is not PairingState.LIVE:
        raise UserError("no-partner")
    earlier = await tx.challenges.of_check_in(check_in.id)
    if earlier is not None and earlier.pairing_id != pairing.id:  # given to an earlier partner
        await tx.challenges.take_back(check_in.id)
        earlier = None
    stored = await tx.challenges.give(
        Challenge(
            id=0,
            check_in_id=check_in.id,
            pairing_id=pairing.id,
            giver_id=member.id,
            receiver_id=pairing.receiver_from(member.id),
            evidence=asked.values[EVIDENCE],
            question=asked.values[QUESTION],
            suggestion=asked.values.get(SUGGESTION, ""),
            given_at=now,
            released_at=earlier.released_at if earlier is not None else None,
        )
    )
    if stored.released_at is not None:  # changed after the release
        await _refresh(tx, check_in, stored, check_in.held_until or now)
        return check_in.held_until or now
    given = await tx.challenges.of_pairing(pairing.id)
    if not privacy.is_released(len(given), len(pairing.seats), now, await read_last_closing(tx, check_in)):
        return None
    released_at = await read_release(tx, check_in, now)
    await release(tx, check_in, now, released_at)
    return released_at


async def release(tx: Tx, check_in: CheckIn, now: datetime, at: datetime) -> None:
    """Make the deliveries of the pairing's challenges due at that time; if it has come, release the challenges."""
    if check_in.pairing_id is None:
        return
    if at <= now:
        await tx.challenges.release(check_in.pairing_id, now)
    check_ins = await tx.check_ins.of_pairing(check_in.pairing_id, check_in.step)
    await tx.deliveries.bring_forward(DeliveryKind.CHALLENGE, [each.id for each in check_ins], at)
    for each in check_ins:  # given again after it was taken back: the old message shows it again
        await tx.deliveries.refresh(DeliveryKind.CHALLENGE, each.id, at)


async def take_back(tx: Tx, check_in: CheckIn, now: datetime) -> None:
    """Delete the challenge of this check-in, and update the message where it was released already."""
    challenge = await tx.challenges.of_check_in(check_in.id)
    await tx.challenges.take_back(check_in.id)
    if challenge is not None and challenge.released_at is not None:
        await _refresh(tx, check_in, challenge, now)


async def _refresh(tx: Tx, check_in: CheckIn, challenge: Challenge, now: datetime) -> None:
    """Update the receiver's message about this challenge."""
    if challenge.receiver_id is None:
        return
    for received in await tx.check_ins.of_member(check_in.cycle_id, challenge.receiver_id):
        if received.step == check_in.step:
            await tx.deliveries.refresh(DeliveryKind.CHALLENGE, received.id, now)


async def read_for_receiver(tx: Tx, check_in: CheckIn, now: datetime) -> Challenge | None:
    """Return the challenge for this check-in's owner once released, or None.

    An unreleased challenge whose time has come is released here: typed ones are held, and silence blocks nobody.
    """
    if check_in.pairing_id is None:
        return None
    given = await tx.challenges.of_pairing(check_in.pairing_id)
    for challenge in given:
        if challenge.receiver_id == check_in.member_id:
            if challenge.released_at is None:
                if now < await read_release(tx, check_in, now):
                    return None
                await tx.challenges.release(check_in.pairing_id, now)
            return challenge
    return None


async def read_release(tx: Tx, check_in: CheckIn, now: datetime) -> datetime:
    """Return when the pairing's challenges of this step may be read, as far as is known now."""
    closing = await read_last_closing(tx, check_in)
    if check_in.pairing_id is None:
        return closing
    pairing = await tx.pairings.get(check_in.pairing_id)
    given = await tx.challenges.of_pairing(check_in.pairing_id)
    check_ins = await tx.check_ins.of_pairing(check_in.pairing_id, check_in.step)
    is_released = privacy.is_released(len(given), len(pairing.seats), now, closing)
    held = [each.held_until for each in check_ins if each.held_until]
    return max([now if is_released else closing, *held])


async def open_reply_form(request: Request, number: str) -> Form:
    """Return the receiver's form for a reply and a next step."""
    challenge = await _get_received(request, number)
    return say_challenges.reply_form(
        request.voice, challenge, await _read_given_name(request.tx, challenge.giver_id)
    )


async def reply(request: Request, number: str, values: Mapping[str, str]) -> Reply:
    """Store the reply and the next step, and owe them to the giver."""
    tx, voice, now = request.tx, request.voice, request.now
    challenge = await _get_received(request, number)
    name = await _read_given_name(tx, challenge.giver_id)
    form = say_challenges.reply_form(voice, challenge, name)
    if faults := find_faults(voice, form, values):
        return faults
    day = date.fromisoformat(values["next_step_on"])
    if day < (await read_availability(tx, request.member)).local_day(now):
        return find_faults(voice, form, values, {"next_step_on": voice.text("field.past")}) or form
    replied = replace(
        challenge,
        reply=values["reply"].strip(),
        next_step=values["next_step"].strip(),
        next_step_on=day,
        replied_at=now,
    )
    await tx.challenges.save_reply(replied)
    if challenge.giver_id is not None:
        giver = await tx.members.get(challenge.giver_id)
        pairing = await tx.pairings.get(challenge.pairing_id)
        cycle = await tx.cycles.get(pairing.cycle_id)
        await owe(tx, cycle, DeliveryKind.CHALLENGE_REPLY, challenge.id, [giver], now)
        await tx.deliveries.refresh(DeliveryKind.CHALLENGE_REPLY, challenge.id, now)
    return Replacement(say_challenges.replied(voice, replied, name, day))


async def _get_received(request: Request, number: str) -> Challenge:
    """Return the released challenge with this number that the member received; raise `UserError` without one."""
    challenge_id = parse_id(number)
    challenge = await request.tx.challenges.get(challenge_id) if challenge_id is not None else None
    if challenge is None or challenge.receiver_id != request.member.id or challenge.released_at is None:
        raise UserError("no-such-check-in")
    return challenge


async def _read_given_name(tx: Tx, member_id: int | None) -> str:
    """Return the given name, or an empty text for a member who was erased."""
    return (await tx.members.get(member_id)).given_name if member_id is not None else ""


async def compose_challenge(request: Request, check_in: CheckIn, *, is_update: bool) -> Message | None:
    """Return the message with the challenge for its receiver, or None while there is nothing to read."""
    tx = request.tx
    challenge = await read_for_receiver(tx, check_in, request.now)
    if challenge is not None:
        return say_challenges.released(
            request.voice, challenge, await _read_given_name(tx, challenge.giver_id)
        )
    if is_update and check_in.pairing_id is not None:
        pairing = await tx.pairings.get(check_in.pairing_id)
        givers = [each for each in pairing.member_ids if pairing.receiver_from(each) == check_in.member_id]
        return say_challenges.took_back(
            request.voice, await _read_given_name(tx, givers[0] if givers else None)
        )
    return None


async def compose_reply(request: Request, challenge_id: int) -> Message | None:
    """Return the message with the receiver's reply for the giver, or None without a reply."""
    challenge = await request.tx.challenges.get(challenge_id)
    if challenge is None or challenge.replied_at is None or challenge.next_step_on is None:
        return None
    return say_challenges.reply(
        request.voice,
        challenge,
        await _read_given_name(request.tx, challenge.receiver_id),
        challenge.next_step_on,
    )
