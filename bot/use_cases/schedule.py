"""The schedule of a running cycle: check-ins for each pairing, digests for each principal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain

from bot.errors import UserError
from bot.model import (
    CheckIn,
    CheckInState,
    Cycle,
    DeliveryKind,
    Pack,
    Pairing,
    Role,
)
from bot.ports import Tx
from bot.rules import planning
from bot.rules.school_time import NoTeachingDays
from bot.use_cases.owing import owe
from bot.use_cases.schools import (
    make_availability,
    read_availabilities,
    read_schools_by_id,
)

ONE_WEEK = timedelta(days=7)


async def plan_pairings(tx: Tx, cycle: Cycle, pack: Pack, pairings: Sequence[Pairing], now: datetime) -> None:
    """Plan what live pairings are asked from now on; what was asked already stays as it was."""
    members = await tx.members.many({each for pairing in pairings for each in pairing.member_ids})
    availabilities = await read_availabilities(tx, list(members.values()))
    try:
        planned = {
            pairing.id: planning.check_ins(cycle, pack, pairing, availabilities, cycle.starts_on)
            for pairing in pairings
        }
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    earlier_by_step = {
        (each.member_id, each.step): each for each in await tx.check_ins.of_members(cycle.id, members.keys())
    }
    moved: list[CheckIn] = []
    new: list[CheckIn] = []
    for pairing in pairings:
        for each in planned[pairing.id]:
            earlier = earlier_by_step.get((each.member_id, each.step))
            if earlier is None and each.closes_at > now:
                new.append(each)
            elif earlier is not None and earlier.closes_at > now:
                moved.append(_move(earlier, each))
    await tx.check_ins.save_all(moved)
    pairing_of = {member_id: each for each in pairings for member_id in each.member_ids}
    for each in moved:
        if each.state is CheckInState.ANSWERED and pack.step(each.step).is_challenge:
            await _move_challenge(tx, cycle, each, pairing_of[each.member_id], now)
    added = await tx.check_ins.add(new)
    last_closing: dict[tuple[int | None, str], datetime] = {}
    for each in chain.from_iterable(planned.values()):
        step = (each.pairing_id, each.step)
        last_closing[step] = max(each.closes_at, last_closing.get(step, each.closes_at))
    await tx.deliveries.owe(
        [
            owed
            for each in (*moved, *added)
            for owed in planning.asks(
                cycle,
                pack,
                each,
                availabilities[each.member_id],
                last_closing[each.pairing_id, each.step],
            )
        ]
    )


def _move(earlier: CheckIn, planned: CheckIn) -> CheckIn:
    """Return the check-in of an earlier pairing, moved to the pairing for which it is planned now."""
    is_planned = earlier.state is CheckInState.PLANNED
    return replace(
        earlier,
        pairing_id=planned.pairing_id,
        due_at=planned.due_at if is_planned else earlier.due_at,
        closes_at=planned.closes_at if is_planned else max(planned.closes_at, earlier.closes_at),
    )


async def _move_challenge(tx: Tx, cycle: Cycle, check_in: CheckIn, pairing: Pairing, now: datetime) -> None:
    """Move an unreleased challenge to the new pairing if its receiver is the same; otherwise ask its giver again."""
    challenge = await tx.challenges.of_check_in(check_in.id)
    if challenge is None or challenge.released_at is not None or challenge.pairing_id == pairing.id:
        return
    await tx.challenges.take_back(check_in.id)
    if challenge.receiver_id == pairing.receiver_from(check_in.member_id):
        await tx.challenges.give(replace(challenge, id=0, pairing_id=pairing.id))
        return
    await tx.check_ins.save(replace(check_in, state=CheckInState.OPEN, asking=None))
    asked_again = planning.owe(cycle, check_in.member_id, DeliveryKind.AGAIN, check_in.id, now)
    await tx.deliveries.owe([replace(asked_again, occurrence=now.isoformat(), expires_at=check_in.closes_at)])


async def plan_digests(tx: Tx, cycle: Cycle, now: datetime) -> None:
    """Owe every principal a weekly digest, and the coordinators a message when the cycle is over."""
    members = await tx.members.of(cycle.partnership_id)
    schools = await read_schools_by_id(tx, cycle.partnership_id)
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    if not check_ins:
        return
    # A check-in asked on a Friday is counted a week later.
    ends_at = max(each.closes_at for each in check_ins) + ONE_WEEK
    led = list(planning.principals_of(members, schools))
    calendars = await tx.schools.calendars({school.id for _, school in led})
    principals = [(member, school, make_availability(member, calendars[school.id])) for member, school in led]
    await tx.deliveries.owe(list(planning.digests(cycle, principals, now.date(), ends_at.date())))
    coordinators = [each for each in members if each.has(Role.COORDINATOR)]
    await owe(tx, cycle, DeliveryKind.CYCLE_END, cycle.id, coordinators, ends_at)
