"""The schedule of a running cycle: check-ins for each pairing, digests for each principal."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

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
    read_availabilities,
    read_availability_at,
    read_schools_by_id,
)

ONE_WEEK = timedelta(days=7)


async def plan_pairing(tx: Tx, cycle: Cycle, pack: Pack, pairing: Pairing, now: datetime) -> None:
    """Plan what a live pairing is asked from now on; what was asked already stays as it was."""
    members = await tx.members.many(pairing.member_ids)
    availabilities = await read_availabilities(tx, list(members.values()))
    try:
        planned = planning.check_ins(cycle, pack, pairing, availabilities, cycle.starts_on)
    except NoTeachingDays as none_left:
        raise UserError("no-teaching-days", day=cycle.starts_on.isoformat()) from none_left
    earlier_by_step = {
        (each.member_id, each.step): each
        for member_id in pairing.member_ids
        for each in await tx.check_ins.of_member(cycle.id, member_id)
    }
    moved = []
    for each in planned:
        earlier = earlier_by_step.get((each.member_id, each.step))
        if earlier is not None and earlier.closes_at > now:
            is_planned = earlier.state is CheckInState.PLANNED
            moved.append(
                replace(
                    earlier,
                    pairing_id=pairing.id,
                    due_at=each.due_at if is_planned else earlier.due_at,
                    closes_at=each.closes_at if is_planned else max(each.closes_at, earlier.closes_at),
                )
            )
            await tx.check_ins.save(moved[-1])
            if pack.step(each.step).is_challenge and earlier.state is CheckInState.ANSWERED:
                await _move_challenge(tx, cycle, moved[-1], pairing, now)
    added = await tx.check_ins.add(
        [
            each
            for each in planned
            if (each.member_id, each.step) not in earlier_by_step and each.closes_at > now
        ]
    )
    last_closing = {
        step.key: max(each.closes_at for each in planned if each.step == step.key) for step in pack.steps
    }
    await tx.deliveries.owe(
        [
            owed
            for each in (*moved, *added)
            for owed in planning.asks(
                cycle, pack, each, availabilities[each.member_id], last_closing[each.step]
            )
        ]
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
    principals = [
        (member, school, await read_availability_at(tx, member, school))
        for member, school in planning.principals_of(members, schools)
    ]
    await tx.deliveries.owe(list(planning.digests(cycle, principals, now.date(), ends_at.date())))
    coordinators = [each for each in members if each.has(Role.COORDINATOR)]
    await owe(tx, cycle, DeliveryKind.CYCLE_END, cycle.id, coordinators, ends_at)
