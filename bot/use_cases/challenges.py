"""Use cases on peer challenges: give, release when both have given, reply with one next step."""

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
from bot.say.check_ins import Ask
from bot.use_cases.forms import find_faults
from bot.use_cases.owing import owe
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availability

EVIDENCE, QUESTION, SUGGESTION = "evidence", "question", "suggestion"
"""The questions of a challenge step: the first two are needed."""


async def give(request: Request, ask: Ask) -> None:
    """Keep what was written, and release everything when it was the last one missing."""
    tx, member, now = request.tx, request.member, request.now
    check_in = ask.check_in
    if check_in.pairing_id is None:
        raise UserError("no-partner")
    pairing = await tx.pairings.get(check_in.pairing_id)
    if member.id not in pairing.member_ids or pairing.state is not PairingState.LIVE:
        raise UserError("no-partner")
    before = await tx.challenges.of_check_in(check_in.id)
    if before is not None and before.pairing_id != pairing.id:  # for an earlier partner, and answered by them
        await tx.challenges.take_back(check_in.id)
        before = None
    kept = await tx.challenges.give(
        Challenge(
            id=0,
            check_in_id=check_in.id,
            pairing_id=pairing.id,
            giver_id=member.id,
            receiver_id=pairing.receiver_from(member.id),
            evidence=ask.values[EVIDENCE],
            question=ask.values[QUESTION],
            suggestion=ask.values.get(SUGGESTION, ""),
            given_at=now,
            released_at=before.released_at if before is not None else None,
        )
    )
    if kept.released_at is not None:  # changed after the release: mended in place
        await _refresh(tx, check_in, kept, now)
        return
    given = await tx.challenges.of_pairing(pairing.id)
    if privacy.is_released(len(given), len(pairing.seats), now, await read_last_closing(tx, check_in)):
        await release(tx, check_in, now)


async def release(tx: Tx, check_in: CheckIn, now: datetime) -> None:
    """Open what was given, and make the receivers' deliveries due."""
    if check_in.pairing_id is None:
        return
    await tx.challenges.release(check_in.pairing_id, now)
    siblings = await tx.check_ins.of_pairing(check_in.pairing_id, check_in.step)
    await tx.deliveries.bring_forward(DeliveryKind.CHALLENGE, [each.id for each in siblings], now)
    for each in siblings:  # given anew after it was taken back: it returns to where it stood
        await tx.deliveries.refresh(DeliveryKind.CHALLENGE, each.id, now)


async def take_back(tx: Tx, check_in: CheckIn, now: datetime) -> None:
    """Erase a challenge; where it was read already, it disappears there."""
    challenge = await tx.challenges.of_check_in(check_in.id)
    await tx.challenges.take_back(check_in.id)
    if challenge is not None and challenge.released_at is not None:
        await _refresh(tx, check_in, challenge, now)


async def _refresh(tx: Tx, check_in: CheckIn, challenge: Challenge, now: datetime) -> None:
    if challenge.receiver_id is None:
        return
    for theirs in await tx.check_ins.of_member(check_in.cycle_id, challenge.receiver_id):
        if theirs.step == check_in.step:
            await tx.deliveries.refresh(DeliveryKind.CHALLENGE, theirs.id, now)


async def read_for_receiver(tx: Tx, check_in: CheckIn, now: datetime) -> Challenge | None:
    """What the owner of this check-in was given, once it is released; on the last day whatever there is."""
    if check_in.pairing_id is None:
        return None
    for challenge in await tx.challenges.of_pairing(check_in.pairing_id):
        if challenge.receiver_id == check_in.member_id:
            if challenge.released_at is None:
                if now < await read_last_closing(tx, check_in):
                    return None
                await tx.challenges.release(check_in.pairing_id, now)
            return challenge
    return None


async def read_last_closing(tx: Tx, check_in: CheckIn) -> datetime:
    """When the step is over for the last of the pairing."""
    if check_in.pairing_id is None:
        return check_in.closes_at
    siblings = await tx.check_ins.of_pairing(check_in.pairing_id, check_in.step)
    return max((each.closes_at for each in siblings), default=check_in.closes_at)


async def open_reply_form(request: Request, number: str) -> Form:
    """The form for the receiver."""
    challenge = await _get_received(request, number)
    return say_challenges.reply_form(
        request.voice, challenge, await _read_given_name(request.tx, challenge.giver_id)
    )


async def reply(request: Request, number: str, values: Mapping[str, str]) -> Reply:
    """Keep the reply and the next step, and carry them to the giver."""
    tx, voice, now = request.tx, request.voice, request.now
    challenge = await _get_received(request, number)
    name = await _read_given_name(tx, challenge.giver_id)
    form = say_challenges.reply_form(voice, challenge, name)
    if wrong := find_faults(voice, form, values):
        return wrong
    day = date.fromisoformat(values["next_step_on"])
    if day < (await read_availability(tx, request.member)).local_day(now):
        return find_faults(voice, form, values, {"next_step_on": voice.text("field.past")}) or form
    kept = replace(
        challenge,
        reply=values["reply"].strip(),
        next_step=values["next_step"].strip(),
        next_step_on=day,
        replied_at=now,
    )
    await tx.challenges.save_reply(kept)
    if challenge.giver_id is not None:
        giver = await tx.members.get(challenge.giver_id)
        pairing = await tx.pairings.get(challenge.pairing_id)
        cycle = await tx.cycles.get(pairing.cycle_id)
        await owe(tx, cycle, DeliveryKind.CHALLENGE_REPLY, challenge.id, [giver], now)
        await tx.deliveries.refresh(DeliveryKind.CHALLENGE_REPLY, challenge.id, now)
    return Replacement(say_challenges.replied(voice, kept, name, day))


async def _get_received(request: Request, number: str) -> Challenge:
    challenge = (
        await request.tx.challenges.get(int(number)) if number.isdecimal() and len(number) < 12 else None
    )
    if challenge is None or challenge.receiver_id != request.member.id or challenge.released_at is None:
        raise UserError("no-such-check-in")
    return challenge


async def _read_given_name(tx: Tx, member_id: int | None) -> str:
    return (await tx.members.get(member_id)).given_name if member_id is not None else ""


async def compose_challenge(request: Request, check_in: CheckIn, *, is_update: bool) -> Message | None:
    """What a receiver reads; None while there is nothing to read."""
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
    """What the giver reads of the receiver's reply."""
    challenge = await request.tx.challenges.get(challenge_id)
    if challenge is None or challenge.replied_at is None or challenge.next_step_on is None:
        return None
    return say_challenges.reply(
        request.voice,
        challenge,
        await _read_given_name(request.tx, challenge.receiver_id),
        challenge.next_step_on,
    )
