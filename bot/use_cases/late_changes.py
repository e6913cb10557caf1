"""Use cases on changes to a running cycle: late joiners, leavers, another partner, broken premises."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    FROM_PARTNERS,
    Challenge,
    CheckInState,
    Cycle,
    CycleState,
    DeliveryKind,
    Enrolment,
    EnrolmentState,
    Pairing,
    PairingState,
    Seat,
)
from bot.pairing import rearrange
from bot.ports import NewPairing, Tx
from bot.rules.premises import BrokenPremise, Premise, find_broken, may_take_part
from bot.say import basics
from bot.use_cases import cycles, participants, schedule
from bot.use_cases.owing import owe, owe_each
from bot.use_cases.request import Request


async def ask_for_another(request: Request, pairing_id: str) -> Message:
    """Give the member another partner, once a cycle. The partner learns only that pairings changed."""
    tx, member, now = request.tx, request.member, request.now
    cycle = await cycles.get_current(request, CycleState.RUNNING)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    pairing = await tx.pairings.of_member(cycle.id, member.id)
    if enrolment is None or pairing is None:
        raise UserError("no-partner")
    if pairing_id not in ("", str(pairing.id)):
        raise UserError("earlier-partner")
    if enrolment.asked_for_another:
        raise UserError("already-asked")
    await tx.cycles.save_enrolment(replace(enrolment, asked_for_another=True))
    await tx.pairings.end(pairing.id, now)
    for partner in pairing.partners_of(member.id):
        await tx.members.block(min(member.id, partner), max(member.id, partner), now)
    await find_pairing(tx, cycle, pairing.member_ids, now)
    return basics.plain(request.voice, "another.done")


async def withdraw(tx: Tx, cycle: Cycle, enrolment: Enrolment, now: datetime) -> None:
    """Take a member out of the cycle."""
    member_id = enrolment.member_id
    await tx.cycles.save_enrolment(replace(enrolment, state=EnrolmentState.LEFT, answered_at=now))
    await tx.deliveries.drop(member_id=member_id, cycle_id=cycle.id, reason="left", now=now)
    await _skip_open_check_ins(tx, member_id, now)
    await leave_pairing(tx, cycle, member_id, now)


async def _skip_open_check_ins(tx: Tx, member_id: int, now: datetime) -> None:
    """Skip what a member was asked: typed text is no answer any more."""
    for each in await tx.check_ins.open_for(member_id, now):
        if each.state is CheckInState.OPEN:
            await tx.check_ins.save(replace(each, state=CheckInState.SKIPPED, asking=None))


async def end_broken_pairings(
    tx: Tx, cycle: Cycle, now: datetime
) -> tuple[tuple[Pairing, BrokenPremise], ...]:
    """End each proposed or live pairing whose premises no longer hold, find others for its members, and return them."""
    pairings = await tx.pairings.of_cycle(cycle.id)
    members = await tx.members.many({each for pairing in pairings for each in pairing.member_ids})
    looked_at = [(pairing, find_broken(pairing.seats, members)) for pairing in pairings]
    broken = tuple((pairing, why) for pairing, why in looked_at if why is not None)
    for _, why in broken:
        for member_id in why.member_ids:
            if why.premise is Premise.TEACHER:
                await _skip_open_check_ins(tx, member_id, now)
            if why.premise is not Premise.ACTIVE:
                # A colleague or a principal reads what they have, and no more.
                await tx.deliveries.drop(
                    member_id=member_id, cycle_id=cycle.id, reason="changed", now=now, kinds=FROM_PARTNERS
                )
            await leave_pairing(tx, cycle, member_id, now)
        await find_pairing(tx, cycle, why.member_ids, now)
    return broken


async def leave_pairing(tx: Tx, cycle: Cycle, member_id: int, now: datetime) -> None:
    """Take a member out of their pairing, and find another for whoever is left alone."""
    pairings = await tx.pairings.of_cycle(cycle.id)
    pairing = participants.find_pairing_of(pairings, member_id)
    if pairing is None:
        return
    if pairing.state is PairingState.PROPOSED:
        others = [NewPairing(each.seats, each.reasons) for each in pairings if each.id != pairing.id]
        await tx.pairings.propose(cycle.id, others, now)
        return
    await tx.pairings.end(pairing.id, now)
    by_id = {each.id: each for each in await participants.read_participants(tx, cycle)}
    remaining = [by_id[each] for each in pairing.partners_of(member_id) if each in by_id]
    pair = (
        participants.form_pairing(remaining, await participants.read_blocked(tx, cycle, remaining))
        if len(remaining) == 2
        else None
    )
    if pair is not None:  # the other two of a trio go on together
        await start_pairing(tx, cycle, pair, now)
    else:
        await find_pairing(tx, cycle, pairing.partners_of(member_id), now)


async def find_pairing(tx: Tx, cycle: Cycle, member_ids: Collection[int], now: datetime) -> None:
    """Pair the members without a partner with each other, or add them to a pair; break no pairing.

    Everybody who waits for a partner takes part. Only those in `member_ids` are told when none is found, so that
    nobody is told twice.
    """
    if cycle.state not in (CycleState.RUNNING, CycleState.PAUSED):
        return
    by_id = {each.id: each for each in await participants.read_participants(tx, cycle)}
    live = list(await tx.pairings.of_cycle(cycle.id))
    paired_ids = {each for pairing in live for each in pairing.member_ids}
    unpaired = [by_id[each] for each in sorted(by_id.keys() - paired_ids)]
    blocked = await participants.read_blocked(tx, cycle, list(by_id.values()))
    # No third joins while challenges are being written: one written for one reader must not reach another.
    with_open_challenges = {each.pairing_id for each in await _read_open_challenges(tx, cycle, now)}
    live = [each for each in live if each.id not in with_open_challenges]
    changes = rearrange(
        unpaired,
        [each.member_ids for each in live],
        list(by_id.values()),
        history=await tx.pairings.history(cycle.partnership_id),
        blocked=blocked,
        on=cycle.starts_on,
    )
    for group in changes.new:
        seats = tuple(Seat(each, by_id[each].school_id) for each in group.member_ids)
        await start_pairing(tx, cycle, NewPairing(seats, group.reasons), now)
    for index, member_id in changes.joined:
        await tx.pairings.add_third(live[index].id, Seat(member_id, by_id[member_id].school_id))
        trio = await tx.pairings.get(live[index].id)
        await _plan_check_ins(tx, cycle, trio, now)
        await announce_pairings(tx, cycle, [trio], DeliveryKind.CHANGED_MATCH, now)
    for alone in changes.left_out:
        if alone.member_id in member_ids:
            await _tell_without_partner(tx, cycle, alone.member_id, now)
    for moved in (await tx.members.many(set(member_ids) - by_id.keys() - paired_ids)).values():
        enrolment = await tx.cycles.enrolment(cycle.id, moved.id)
        has_accepted = enrolment is not None and enrolment.state is EnrolmentState.ACCEPTED
        if has_accepted and may_take_part(moved):
            await _tell_without_partner(tx, cycle, moved.id, now)


async def _read_open_challenges(tx: Tx, cycle: Cycle, now: datetime) -> list[Challenge]:
    """Return the challenges that can still be changed."""
    closes = {each.id: each.closes_at for each in await tx.check_ins.of_cycle(cycle.id)}
    return [each for each in await tx.challenges.of_cycle(cycle.id) if closes[each.check_in_id] > now]


async def pair_late_joiner(request: Request) -> None:
    """Find a pairing at once for a member who joined late or came back."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.current(member.partnership_id)
    if cycle is not None and await tx.pairings.of_member(cycle.id, member.id) is None:
        await find_pairing(tx, cycle, [member.id], request.now)


async def start_pairing(tx: Tx, cycle: Cycle, pairing: NewPairing, now: datetime) -> None:
    """Make a pairing live, plan its check-ins and introduce its members."""
    started = await tx.pairings.add(cycle.id, pairing, now)
    await _plan_check_ins(tx, cycle, started, now)
    await announce_pairings(tx, cycle, [started], DeliveryKind.CHANGED_MATCH, now)


async def _plan_check_ins(tx: Tx, cycle: Cycle, pairing: Pairing, now: datetime) -> None:
    """Plan the check-ins of a pairing, as far as teaching days are left."""
    # Without teaching days left the pairing starts all the same: leaving must never fail.
    with suppress(UserError):
        await schedule.plan_pairings(tx, cycle, await cycles.read_pack(tx, cycle), [pairing], now)


async def announce_pairings(
    tx: Tx, cycle: Cycle, pairings: Sequence[Pairing], kind: DeliveryKind, now: datetime
) -> None:
    """Owe the members of pairings the introduction to their partners."""
    members = await tx.members.many({each for pairing in pairings for each in pairing.member_ids})
    about = [(pairing.id, members[each]) for pairing in pairings for each in sorted(pairing.member_ids)]
    occurrence = "" if kind is DeliveryKind.MATCH else now.isoformat()
    await owe_each(tx, cycle, kind, about, now, occurrence=occurrence)


async def _tell_without_partner(tx: Tx, cycle: Cycle, member_id: int, now: datetime) -> None:
    """Owe a member the message that no partner was found."""
    member = await tx.members.get(member_id)
    await owe(tx, cycle, DeliveryKind.ALONE, cycle.id, [member], now, occurrence=now.isoformat())
