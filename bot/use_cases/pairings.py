"""Use cases on pairings, for coordinators: preview, confirm, see, swap, block, nudge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    CheckInState,
    Cycle,
    CycleState,
    DeliveryKind,
    EnrolmentState,
    Pairing,
    PairingState,
    Role,
    Seat,
)
from bot.pairing import Arrangement, PairingTask, Person, why_left_out
from bot.ports import NewPairing, Tx
from bot.say import pairings as say_pairings
from bot.use_cases import cycles, late_changes, participants, people, schedule
from bot.use_cases.owing import owe
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availabilities


async def preview(request: Request) -> PairingTask:
    """Who would meet whom? The engine answers outside the transaction; `propose` then shows it."""
    require_role(request, Role.COORDINATOR)
    cycle = await cycles.get_current(request, CycleState.INVITING, CycleState.MATCHED)
    return await _read_task(request.tx, cycle)


async def _read_task(tx: Tx, cycle: Cycle) -> PairingTask:
    joined = await participants.read_participants(tx, cycle)
    if len({each.school_id for each in joined}) < 2:
        raise UserError("too-few")
    return PairingTask(
        people=tuple(sorted(joined, key=lambda each: each.id)),
        history=tuple(sorted(await tx.pairings.history(cycle.partnership_id), key=_sort_key)),
        blocked=await tx.members.blocked(cycle.partnership_id),
        on=cycle.starts_on,
        size=cycle.group_size,
        seed=cycle.id,
    )


def _sort_key(met: tuple[int, frozenset[int]]) -> tuple[int, list[int]]:
    return met[0], sorted(met[1])


async def propose(request: Request, question: PairingTask, arrangement: Arrangement) -> Message | PairingTask:
    """Who would meet whom, why, and who would be left out; nobody is told yet. A question: things have changed."""
    tx = request.tx
    cycle = await cycles.get_current(request, CycleState.INVITING, CycleState.MATCHED)
    if (changed := await _read_task(tx, cycle)) != question:
        return changed
    schools = {each.id: each.school_id for each in question.people}
    proposed = await tx.pairings.propose(
        cycle.id,
        [
            NewPairing(tuple(Seat(each, schools[each]) for each in group.member_ids), group.reasons)
            for group in arrangement.groups
        ],
        request.now,
    )
    await tx.cycles.save(replace(cycle, state=CycleState.MATCHED))
    reasons = {each.member_id: each.reason for each in arrangement.left_out}
    return await _compose_preview(request, cycle, proposed, question, reasons, arrangement.gap)


async def _compose_preview(
    request: Request,
    cycle: Cycle,
    proposed: Sequence[Pairing],
    question: PairingTask,
    reasons: Mapping[int, str],
    gap: Fraction | None,
) -> Message:
    """The proposals as they stand, with who has no place in them and why."""
    tx = request.tx
    seated = {each for pairing in proposed for each in pairing.member_ids}
    members = await tx.members.many({each.id for each in question.people} - seated)
    met = {pair for _, pair in question.history}
    pairs = [frozenset(pair) for pairing in proposed for pair in combinations(pairing.member_ids, 2)]
    return say_pairings.preview(
        request.voice,
        await participants.read_shown(tx, cycle, proposed),
        [(each.name, reasons.get(each.id, "since")) for each in members.values()],
        silent=sum(each.state is EnrolmentState.INVITED for each in await tx.cycles.enrolments(cycle.id)),
        repeats=sum(pair in met for pair in pairs),
        gap=gap,
    )


async def confirm(request: Request) -> Message:
    """Make the preview real: plan every step, tell everybody, lock the base of the figures."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request, CycleState.MATCHED)
    joined = await participants.read_participants(tx, cycle)
    if len({each.school_id for each in joined}) < 2:  # people may have left since the preview
        raise UserError("too-few")
    members = await tx.members.many({each.id for each in joined})
    available = await read_availabilities(tx, list(members.values()))
    today = max(available[each].local_day(now) for each in available)
    running = replace(
        cycle, state=CycleState.RUNNING, confirmed_at=now, starts_on=max(cycle.starts_on, today)
    )
    await tx.cycles.save(running)
    await tx.cycles.lock_cohort(cycle.id)
    await tx.pairings.confirm(cycle.id, now)
    live = await tx.pairings.of_cycle(cycle.id)
    pack = await cycles.read_pack(tx, cycle)
    for pairing in live:
        await schedule.plan_pairing(tx, running, pack, pairing, now)
        await late_changes.announce_pairing(tx, running, pairing, pairing.member_ids, DeliveryKind.MATCH, now)
    placed = {each for pairing in live for each in pairing.member_ids}
    await late_changes.find_pairing(tx, running, set(members) - placed, now)
    await schedule.plan_digests(tx, running, now)
    return say_pairings.confirmed(request.voice, len(live), running.starts_on)


# --- the coordinator's hand -----------------------------------------------------------------------------------------


async def show(request: Request, text: str) -> Message:
    """The pairings and where each stands: state, never words. `text` narrows it to a school."""
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await cycles.get_current(request)
    check_ins = await tx.check_ins.of_cycle(cycle.id)
    pack = await cycles.read_pack(tx, cycle)
    rows = []
    for shown in await participants.read_shown(tx, cycle, await tx.pairings.of_cycle(cycle.id)):
        if text and text.casefold() not in shown.names_and_schools.casefold():
            continue
        of_pairing = [each for each in check_ins if each.pairing_id == shown.pairing.id]
        reached = [each.step for each in of_pairing if each.state is CheckInState.ANSWERED]
        stages = [step.stage for step in pack.steps if step.key in reached]
        waiting = sum(each.state is CheckInState.OPEN and each.closes_at > request.now for each in of_pairing)
        rows.append((shown, stages[-1] if stages else "", waiting))
    return say_pairings.overview(request.voice, cycle, rows)


async def swap(request: Request, text: str) -> Message:
    """Let two people change places. Raises `UserError` when either would sit with their own school."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request, CycleState.MATCHED, CycleState.RUNNING)
    a, b = await people.find_two_members(request, cycle, text)
    pairings = await tx.pairings.of_cycle(cycle.id)
    of_a, of_b = (participants.find_pairing_of(pairings, each.id) for each in (a, b))
    if of_a is None or of_b is None:
        raise UserError("no-such-person", name=(a if of_a is None else b).name)
    if of_a.id == of_b.id:
        raise UserError("same-pairing", a=a.given_name, b=b.given_name)
    persons = {each.id: each for each in await participants.read_participants(tx, cycle)}
    blocked = await tx.members.blocked(cycle.partnership_id)
    changed = [
        _replace_member(of_a, a.id, b.id, persons, blocked),
        _replace_member(of_b, b.id, a.id, persons, blocked),
    ]
    if None in changed:
        raise UserError("cannot-swap", a=a.given_name, b=b.given_name)
    new = [each for each in changed if each is not None]
    if cycle.state is CycleState.MATCHED:
        kept = [
            NewPairing(each.seats, each.reasons) for each in pairings if each.id not in (of_a.id, of_b.id)
        ]
        proposed = await tx.pairings.propose(cycle.id, [*kept, *new], now)
        question = await _read_task(tx, cycle)
        unseated = persons.keys() - {each for pairing in proposed for each in pairing.member_ids}
        rules = why_left_out(unseated, question.people, blocked=blocked, on=question.on)
        # Who is alone by no rule has joined since the engine was asked.
        reasons = {each.member_id: each.reason for each in rules if each.reason != "alone"}
        return await _compose_preview(request, cycle, proposed, question, reasons, gap=None)
    for each in (of_a, of_b):
        await tx.pairings.end(each.id, now)
    for pairing in new:
        await late_changes.start_pairing(tx, cycle, pairing, now)
    return say_pairings.swapped(request.voice, a, b)


def _replace_member(
    pairing: Pairing, out: int, into: int, persons: dict[int, Person], blocked: frozenset[frozenset[int]]
) -> NewPairing | None:
    """The pairing with one person in another's place, or None where the rules forbid it."""
    ids = [into if each == out else each for each in pairing.member_ids]
    return (
        participants.form_pairing([persons[each] for each in ids], blocked)
        if all(each in persons for each in ids)
        else None
    )


async def block(request: Request, text: str) -> Message | PairingTask:
    """Two people never meet in a pairing; if they sit together now, both get another: a preview is asked anew."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request)
    a, b = await people.find_two_members(request, cycle, text)
    await tx.members.block(min(a.id, b.id), max(a.id, b.id), now)
    together = participants.find_pairing_of(await tx.pairings.of_cycle(cycle.id), a.id)
    if together is None or b.id not in together.member_ids:
        return say_pairings.blocked(request.voice, a, b)
    if together.state is PairingState.PROPOSED:
        return await _read_task(tx, cycle)
    await tx.pairings.end(together.id, now)
    await late_changes.find_pairing(tx, cycle, together.member_ids, now)
    return say_pairings.blocked(request.voice, a, b)


async def nudge(request: Request, text: str) -> Message:
    """One friendly reminder to those of a pairing who have something open; once a step."""
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await cycles.get_current(request, CycleState.RUNNING)
    live = [
        each for each in await tx.pairings.of_cycle(cycle.id) if str(each.number) == text.strip().lstrip("#")
    ]
    if not live:
        raise UserError("no-such-pairing")
    members = await tx.members.many(live[0].member_ids)
    count = 0
    for each in members.values():
        waiting = [
            check_in
            for check_in in await tx.check_ins.open_for(each.id, request.now)
            if check_in.state is CheckInState.OPEN
            and not await tx.deliveries.was_sent(DeliveryKind.NUDGE, check_in.id, each.id)
        ]
        if waiting:
            count += 1
            await owe(
                tx,
                cycle,
                DeliveryKind.NUDGE,
                waiting[0].id,
                [each],
                request.now,
                expires_at=waiting[0].closes_at,
            )
    return say_pairings.nudged(request.voice, live[0].number, count)
