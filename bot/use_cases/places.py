"""Use cases on places: who finds one late, who leaves theirs, and the words by which partners meet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    Address,
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
from bot.pairing import Person, quality, rearrange
from bot.ports import NewPairing, Tx
from bot.rules import planning
from bot.say import basics
from bot.say import pairings as say_pairings
from bot.use_cases import cycles
from bot.use_cases.request import Request
from bot.use_cases.schools import availabilities, by_id, moment_for


async def ask_for_another(request: Request, pairing_id: str) -> Message:
    """Decline a partner: once a cycle, and the partner only learns that pairings changed."""
    tx, member, now = request.tx, request.member, request.now
    cycle = await cycles.the_current(request, CycleState.RUNNING)
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
    """Take somebody out of the cycle: nothing more is asked, and what they say from now on is no answer."""
    member_id = enrolment.member_id
    await tx.cycles.save_enrolment(replace(enrolment, state=EnrolmentState.LEFT, answered_at=now))
    await tx.deliveries.drop(member_id=member_id, cycle_id=cycle.id, reason="left", now=now)
    for each in await tx.check_ins.open_for(member_id, now):
        if each.state is CheckInState.OPEN:
            await tx.check_ins.save(replace(each, state=CheckInState.SKIPPED, asking=None))
    await leave_pairing(tx, cycle, member_id, now)


async def leave_pairing(tx: Tx, cycle: Cycle, member_id: int, now: datetime) -> None:
    """Take somebody out of their pairing, and find another for whoever is left without one."""
    pairings = await tx.pairings.of_cycle(cycle.id)
    pairing = pairing_of(pairings, member_id)
    if pairing is None:
        return
    if pairing.state is PairingState.PROPOSED:
        kept = [NewPairing(each.seats, each.reasons) for each in pairings if each.id != pairing.id]
        await tx.pairings.propose(cycle.id, kept, now)
        return
    await tx.pairings.end(pairing.id, now)
    everyone = {each.id: each for each in await persons(tx, cycle)}
    rest = [everyone[each] for each in pairing.partners_of(member_id) if each in everyone]
    stays = is_allowed(rest, await tx.members.blocked(cycle.partnership_id)) if len(rest) == 2 else None
    if stays is not None:  # two of a three go on together
        await start_pairing(tx, cycle, stays, now)
    else:
        await find_pairing(tx, cycle, pairing.partners_of(member_id), now)


async def find_pairing(tx: Tx, cycle: Cycle, member_ids: Collection[int], now: datetime) -> None:
    """Find a pairing for people who have none, without breaking any: together, else as a third.

    Whoever waits for a partner already is first in line, and is not told a second time that there is none.
    """
    if cycle.state not in (CycleState.RUNNING, CycleState.PAUSED):
        return
    everyone = {each.id: each for each in await persons(tx, cycle)}
    live = list(await tx.pairings.of_cycle(cycle.id))
    seated = {each for pairing in live for each in pairing.member_ids}
    unplaced = [everyone[each] for each in sorted(everyone.keys() - seated)]
    blocked = await tx.members.blocked(cycle.partnership_id)
    # A pairing whose challenges are being written stays as it is: words for one reader must not meet another.
    writing = {each.pairing_id for each in await _being_challenged(tx, cycle, now)}
    live = [each for each in live if each.id not in writing]
    late = rearrange(
        unplaced,
        [each.member_ids for each in live],
        list(everyone.values()),
        history=await tx.pairings.history(cycle.partnership_id),
        blocked=blocked,
        on=cycle.starts_on,
    )
    for group in late.new:
        seats = tuple(Seat(each, everyone[each].school_id) for each in group.member_ids)
        await start_pairing(tx, cycle, NewPairing(seats, group.reasons), now)
    for index, member_id in late.joined:
        await tx.pairings.seat(live[index].id, Seat(member_id, everyone[member_id].school_id))
        three = await tx.pairings.get(live[index].id)
        await _plan(tx, cycle, three, now)
        await announce(tx, cycle, three, three.member_ids, DeliveryKind.CHANGED_MATCH, now)
    for left in late.left_out:
        if left.member_id in member_ids:
            await _tell_alone(tx, cycle, left.member_id, now)


async def _being_challenged(tx: Tx, cycle: Cycle, now: datetime) -> list[Challenge]:
    closes = {each.id: each.closes_at for each in await tx.check_ins.of_cycle(cycle.id)}
    return [each for each in await tx.challenges.of_cycle(cycle.id) if closes[each.check_in_id] > now]


async def place_if_running(request: Request) -> None:
    """Find a pairing at once for somebody who joined late or came back."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.current(member.partnership_id)
    if cycle is not None and await tx.pairings.of_member(cycle.id, member.id) is None:
        await find_pairing(tx, cycle, [member.id], request.now)


async def after_import(tx: Tx, partnership_id: int, now: datetime) -> None:
    """Nobody waits for a partner who is no longer on the roster, and who is back on it gets a place."""
    cycle = await tx.cycles.current(partnership_id)
    if cycle is None:
        return
    joined = await tx.members.many(cycles.accepted_ids(await tx.cycles.enrolments(cycle.id)))
    seated = {each for pairing in await tx.pairings.of_cycle(cycle.id) for each in pairing.member_ids}
    for each in joined.values():
        if not each.active and each.id in seated:
            await leave_pairing(tx, cycle, each.id, now)
    if cycle.confirmed_at is not None:
        await cycles.plan_digests(tx, cycle, now)  # a school may have a new principal
    back = [each.id for each in joined.values() if each.active and each.id not in seated]
    await find_pairing(tx, cycle, back, now)


async def start_pairing(tx: Tx, cycle: Cycle, pairing: NewPairing, now: datetime) -> None:
    live = await tx.pairings.add(cycle.id, pairing, now)
    await _plan(tx, cycle, live, now)
    await announce(tx, cycle, live, live.member_ids, DeliveryKind.CHANGED_MATCH, now)


async def _plan(tx: Tx, cycle: Cycle, pairing: Pairing, now: datetime) -> None:
    # Where no teaching days are left they meet all the same, and nobody is kept from leaving.
    with suppress(UserError):
        await cycles.plan_pairing(tx, cycle, await cycles.pack_of(tx, cycle), pairing, now)


async def announce(
    tx: Tx, cycle: Cycle, pairing: Pairing, member_ids: Collection[int], kind: DeliveryKind, now: datetime
) -> None:
    members = await tx.members.many(member_ids)
    available = await availabilities(tx, list(members.values()))
    await tx.deliveries.owe(
        [
            replace(
                planning.owe(cycle, each, kind, pairing.id, moment_for(available[each], now)),
                occurrence="" if kind is DeliveryKind.MATCH else now.isoformat(),
            )
            for each in members
        ]
    )


async def _tell_alone(tx: Tx, cycle: Cycle, member_id: int, now: datetime) -> None:
    member = await tx.members.get(member_id)
    moment = moment_for((await availabilities(tx, [member]))[member_id], now)
    owed = planning.owe(cycle, member_id, DeliveryKind.ALONE, cycle.id, moment)
    await tx.deliveries.owe([replace(owed, occurrence=now.isoformat())])


async def together(request: Request, *, gathers: bool) -> Message:
    """One chat of all who sit in a pairing and the bot, where they share a workspace."""
    tx, member = request.tx, request.member
    cycle = await tx.cycles.current(member.partnership_id)
    pairing = await tx.pairings.of_member(cycle.id, member.id) if cycle else None
    if cycle is None or pairing is None:
        raise UserError("no-partner")
    if not gathers or await shared_chat(tx, pairing) is None:
        raise UserError("not-together")
    people = await availabilities(tx, list((await tx.members.many(pairing.member_ids)).values()))
    moment = max(moment_for(each, request.now) for each in people.values())
    owed = planning.owe(cycle, member.id, DeliveryKind.TOGETHER, pairing.id, moment)
    await tx.deliveries.owe([replace(owed, occurrence=request.now.isoformat())])
    return basics.plain(request.voice, "together.soon")


async def shared_chat(tx: Tx, pairing: Pairing) -> Address | None:
    """Where all of a pairing can be written to at once: the users of one workspace, joined by commas."""
    addresses = [await tx.members.address_of(each) for each in pairing.member_ids]
    known = [each for each in addresses if each is not None]
    if len(known) < len(addresses) or len({(each.platform, each.workspace) for each in known}) != 1:
        return None
    return Address(known[0].platform, known[0].workspace, ",".join(each.user for each in known))


async def opening(request: Request, pairing_id: int) -> Message | None:
    """The first words in the chat of a pairing; None when it has changed."""
    pairing = await request.tx.pairings.get(pairing_id)
    if pairing.state is not PairingState.LIVE or request.member.id not in pairing.member_ids:
        return None
    members = await request.tx.members.many(pairing.member_ids)
    return basics.plain(
        request.voice,
        "together.here",
        people=request.voice.listing([each.given_name for each in members.values()]),
    )


async def introduction(
    request: Request, pairing_id: int, *, changed: bool, gathering: Collection[str]
) -> Message | None:
    """The words by which a member meets their partners; None when they no longer sit there.

    `gathering` are the platforms on which the bot can open a chat of several people.
    """
    tx, member = request.tx, request.member
    pairing = await tx.pairings.get(pairing_id)
    if pairing.state is not PairingState.LIVE or member.id not in pairing.member_ids:
        return None
    cycle = await tx.cycles.get(pairing.cycle_id)
    enrolment = await tx.cycles.enrolment(cycle.id, member.id)
    [meeting] = await shown(tx, cycle, [pairing])
    profiles = await tx.members.profiles(pairing.partners_of(member.id))
    may_ask = enrolment is not None and not enrolment.asked_for_another
    chat = await shared_chat(tx, pairing)
    return say_pairings.introduction(
        request.voice,
        meeting,
        member,
        profiles,
        changed=changed,
        may_ask_for_another=may_ask,
        may_gather=chat is not None and chat.platform in gathering,
    )


async def persons(tx: Tx, cycle: Cycle) -> list[Person]:
    """Everybody who has joined and is still active, as the engine sees them."""
    enrolments = {each.member_id: each for each in await tx.cycles.enrolments(cycle.id)}
    members = await tx.members.many(cycles.accepted_ids(tuple(enrolments.values())))
    profiles = await tx.members.profiles(list(members))
    schools = await by_id(tx, cycle.partnership_id)
    persons = []
    for member in members.values():
        if member.active:
            address = await tx.members.address_of(member.id)
            school = schools[enrolments[member.id].school_id]
            persons.append(
                Person(
                    id=member.id,
                    school_id=school.id,
                    profile=profiles[member.id],
                    languages=(member.language,),
                    platform=address.platform if address else "",
                    time_zone=school.time_zone,
                )
            )
    return persons


async def shown(tx: Tx, cycle: Cycle, pairings: Sequence[Pairing]) -> list[say_pairings.Shown]:
    members = await tx.members.many({each for pairing in pairings for each in pairing.member_ids})
    schools = await by_id(tx, cycle.partnership_id)
    return [say_pairings.Shown(pairing, members, schools) for pairing in pairings]


def pairing_of(pairings: Sequence[Pairing], member_id: int) -> Pairing | None:
    return next((each for each in pairings if member_id in each.member_ids), None)


def is_allowed(group: Sequence[Person], blocked: frozenset[frozenset[int]]) -> NewPairing | None:
    """A pairing of these people with its reasons; the first two of different schools. None: the rules forbid it."""
    pairs = [(a, b) for index, a in enumerate(group) for b in group[index + 1 :]]
    if any(frozenset((a.id, b.id)) in blocked for a, b in pairs):
        return None
    apart = next(((a, b) for a, b in pairs if a.school_id != b.school_id), None)
    if apart is None or (len(group) == 2 and group[0].school_id == group[1].school_id):
        return None
    ordered = [*apart, *(each for each in group if each not in apart)]
    return NewPairing(tuple(Seat(each.id, each.school_id) for each in ordered), quality.reasons(ordered))
