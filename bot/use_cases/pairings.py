"""Use cases on pairings, for coordinators: preview, confirm, show, swap, block, nudge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

from bot.errors import UserError
from bot.message import Message
from bot.model import (
    CheckIn,
    CheckInState,
    Cycle,
    CycleState,
    DeliveryKind,
    EnrolmentState,
    Pack,
    Pairing,
    PairingState,
    Role,
    Seat,
)
from bot.pairing import Arrangement, PairingTask, Person, why_left_out
from bot.ports import NewPairing, Tx
from bot.rules import privacy
from bot.rules.spelling import folded, typed_name
from bot.say import pairings as say_pairings
from bot.use_cases import cycles, late_changes, participants, people, schedule
from bot.use_cases.owing import owe
from bot.use_cases.people import require_role
from bot.use_cases.request import Request
from bot.use_cases.schools import read_availabilities


async def preview(request: Request) -> PairingTask:
    """Return the task for the pairing engine, which runs outside the transaction; `propose` shows its result."""
    require_role(request, Role.COORDINATOR)
    cycle = await cycles.get_current(request, CycleState.INVITING, CycleState.MATCHED)
    return await _read_task(request.tx, cycle)


async def _read_task(tx: Tx, cycle: Cycle) -> PairingTask:
    """Return the task for the pairing engine as things stand now."""
    joined = await participants.read_participants(tx, cycle)
    if len({each.school_id for each in joined}) < 2:
        raise UserError("too-few")
    return PairingTask(
        people=tuple(sorted(joined, key=lambda each: each.id)),
        history=tuple(sorted(await tx.pairings.history(cycle.partnership_id), key=_sort_key)),
        blocked=await participants.read_blocked(tx, cycle, joined),
        on=cycle.starts_on,
        size=cycle.group_size,
        seed=cycle.id,
    )


def _sort_key(past_pair: tuple[int, frozenset[int]]) -> tuple[int, list[int]]:
    """Return the sort key of a past pair: the same history always makes the same task."""
    return past_pair[0], sorted(past_pair[1])


async def propose(request: Request, task: PairingTask, arrangement: Arrangement) -> Message | PairingTask:
    """Store the proposed pairings and return the preview; nobody is told yet.

    If anything has changed since the engine was asked, return the new task instead.
    """
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await cycles.get_current(request, CycleState.INVITING, CycleState.MATCHED)
    if (present_task := await _read_task(tx, cycle)) != task:
        return present_task
    schools = {each.id: each.school_id for each in task.people}
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
    return await _compose_preview(request, cycle, proposed, task, reasons, arrangement.gap)


async def _compose_preview(
    request: Request,
    cycle: Cycle,
    proposed: Sequence[Pairing],
    task: PairingTask,
    reasons: Mapping[int, str],
    gap: Fraction | None,
) -> Message:
    """Return the proposed pairings, and who is left out and why."""
    tx = request.tx
    paired_ids = {each for pairing in proposed for each in pairing.member_ids}
    members = await tx.members.many({each.id for each in task.people} - paired_ids)
    past_pairs = {pair for _, pair in task.history}
    pairs = [frozenset(pair) for pairing in proposed for pair in combinations(pairing.member_ids, 2)]
    return say_pairings.preview(
        request.voice,
        await participants.read_shown(tx, cycle, proposed),
        [(each.name, reasons.get(each.id, "since")) for each in members.values()],
        silent=sum(each.state is EnrolmentState.INVITED for each in await tx.cycles.enrolments(cycle.id)),
        repeats=sum(pair in past_pairs for pair in pairs),
        gap=gap,
    )


async def confirm(request: Request) -> Message:
    """Make the proposed pairings live: plan all check-ins, tell everyone, and fix the cohort of the figures."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request, CycleState.MATCHED)
    joined_people = await participants.read_participants(tx, cycle)
    if len({each.school_id for each in joined_people}) < 2:  # members may have left since the preview
        raise UserError("too-few")
    members = await tx.members.many({each.id for each in joined_people})
    availabilities = await read_availabilities(tx, list(members.values()))
    today = max(availabilities[each].local_day(now) for each in availabilities)
    running = replace(
        cycle, state=CycleState.RUNNING, confirmed_at=now, starts_on=max(cycle.starts_on, today)
    )
    await tx.cycles.save(running)
    await tx.cycles.lock_cohort(cycle.id)
    await late_changes.end_broken_pairings(tx, cycle, now)
    await tx.pairings.confirm(cycle.id, now)
    live = await tx.pairings.of_cycle(cycle.id)
    pack = await cycles.read_pack(tx, cycle)
    await schedule.plan_pairings(tx, running, pack, live, now)
    await late_changes.announce_pairings(tx, running, live, DeliveryKind.MATCH, now)
    paired_ids = {each for pairing in live for each in pairing.member_ids}
    await late_changes.find_pairing(tx, running, set(members) - paired_ids, now)
    await schedule.plan_digests(tx, running, now)
    return say_pairings.confirmed(request.voice, len(live), running.starts_on)


# --- show and change -------------------------------------------------------------------------------------------------


async def show(request: Request, text: str) -> Message:
    """Return the pairings, and whether words have gone between them; `text` narrows them to a school or a name."""
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await cycles.get_current(request)
    pack = await cycles.read_pack(tx, cycle)
    notes = await tx.notes.first_of_pairings(cycle.id)
    of_pairing: defaultdict[int, list[CheckIn]] = defaultdict(list)
    for each in await tx.check_ins.of_cycle(cycle.id):
        if each.pairing_id is not None:
            of_pairing[each.pairing_id].append(each)
    rows = []
    pairings = await tx.pairings.of_cycle(cycle.id)
    for shown in await participants.read_shown(tx, cycle, pairings):
        if typed_name(text) not in folded(shown.names_and_schools):
            continue
        pairing = shown.pairing
        steps = _read_steps(pack, of_pairing[pairing.id])
        told = privacy.tell_of_pairing(request.member, pairing, steps, notes.get(pairing.id), request.now)
        rows.append((shown, told))
    if pairings and not rows:
        raise UserError("no-pairing-of", text=text)
    return say_pairings.overview(request.voice, cycle, rows)


def _read_steps(pack: Pack, check_ins: Sequence[CheckIn]) -> list[privacy.PairingStep]:
    """Return the steps of one pairing, of which these are the check-ins."""
    by_step: defaultdict[str, list[CheckIn]] = defaultdict(list)
    for each in check_ins:
        by_step[each.step].append(each)
    return [
        privacy.PairingStep(
            over_at=max(max(each.closes_at, each.held_until or each.closes_at) for each in of_step),
            has_words=(pack.step(key).is_challenge or privacy.may_partner_read(pack.step(key).share))
            and any(each.state is CheckInState.ANSWERED for each in of_step),
            stage=pack.step(key).stage,
        )
        for key, of_step in by_step.items()
    ]


async def swap(request: Request, text: str) -> Message:
    """Exchange two members between their pairings; raise `UserError` if the rules forbid either new pairing."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request, CycleState.MATCHED, CycleState.RUNNING)
    a, b = await people.find_two_members(request, cycle, text)
    pairings = await tx.pairings.of_cycle(cycle.id)
    pairing_a, pairing_b = (participants.find_pairing_of(pairings, each.id) for each in (a, b))
    if pairing_a is None or pairing_b is None:
        raise UserError("no-such-person", name=(a if pairing_a is None else b).name)
    if pairing_a.id == pairing_b.id:
        raise UserError("same-pairing", a=a.given_name, b=b.given_name)
    persons = {each.id: each for each in await participants.read_participants(tx, cycle)}
    blocked = await participants.read_blocked(tx, cycle, list(persons.values()))
    changed = [
        _replace_member(pairing_a, a.id, b.id, persons, blocked),
        _replace_member(pairing_b, b.id, a.id, persons, blocked),
    ]
    if None in changed:
        raise UserError("cannot-swap", a=a.given_name, b=b.given_name)
    allowed = [each for each in changed if each is not None]
    if cycle.state is CycleState.MATCHED:
        unchanged = [
            NewPairing(each.seats, each.reasons)
            for each in pairings
            if each.id not in (pairing_a.id, pairing_b.id)
        ]
        proposed = await tx.pairings.propose(cycle.id, [*unchanged, *allowed], now)
        task = await _read_task(tx, cycle)
        unpaired_ids = persons.keys() - {each for pairing in proposed for each in pairing.member_ids}
        left_out = why_left_out(unpaired_ids, task.people, blocked=blocked, on=task.on)
        # `alone` means that no rule leaves them out: they have joined since the engine was asked.
        reasons = {each.member_id: each.reason for each in left_out if each.reason != "alone"}
        return await _compose_preview(request, cycle, proposed, task, reasons, gap=None)
    for each in (pairing_a, pairing_b):
        await tx.pairings.end(each.id, now)
    for pairing in allowed:
        await late_changes.start_pairing(tx, cycle, pairing, now)
    return say_pairings.swapped(request.voice, a, b)


def _replace_member(
    pairing: Pairing,
    leaving_id: int,
    joining_id: int,
    persons: dict[int, Person],
    blocked: frozenset[frozenset[int]],
) -> NewPairing | None:
    """Return the pairing with one member in place of another, or None if the rules forbid it."""
    ids = [joining_id if each == leaving_id else each for each in pairing.member_ids]
    return (
        participants.form_pairing([persons[each] for each in ids], blocked)
        if all(each in persons for each in ids)
        else None
    )


async def block(request: Request, text: str) -> Message | PairingTask:
    """Never pair these two members; if they are partners now, find both another partner or make a new preview."""
    require_role(request, Role.COORDINATOR)
    tx, now = request.tx, request.now
    cycle = await cycles.get_current(request)
    a, b = await people.find_two_members(request, cycle, text)
    await tx.members.block(min(a.id, b.id), max(a.id, b.id), now)
    shared = participants.find_pairing_of(await tx.pairings.of_cycle(cycle.id), a.id)
    if shared is None or b.id not in shared.member_ids:
        return say_pairings.blocked(request.voice, a, b)
    if shared.state is PairingState.PROPOSED:
        return await _read_task(tx, cycle)
    await tx.pairings.end(shared.id, now)
    await late_changes.find_pairing(tx, cycle, shared.member_ids, now)
    return say_pairings.blocked(request.voice, a, b)


async def nudge(request: Request, text: str) -> Message:
    """Owe one reminder to each member of a pairing who has an open check-in, once for each check-in.

    The reply is the same whoever has one: it would tell who has answered.
    """
    require_role(request, Role.COORDINATOR)
    tx = request.tx
    cycle = await cycles.get_current(request, CycleState.RUNNING)
    live = [
        each for each in await tx.pairings.of_cycle(cycle.id) if str(each.number) == text.strip().lstrip("#")
    ]
    if not live:
        raise UserError("no-such-pairing")
    members = await tx.members.many(live[0].member_ids)
    for each in members.values():
        waiting = [
            check_in
            for check_in in await tx.check_ins.open_for(each.id, request.now)
            if check_in.state is CheckInState.OPEN
            and not await tx.deliveries.was_sent(DeliveryKind.NUDGE, check_in.id, each.id)
        ]
        if waiting:
            await owe(
                tx,
                cycle,
                DeliveryKind.NUDGE,
                waiting[0].id,
                [each],
                request.now,
                expires_at=waiting[0].closes_at,
            )
    return say_pairings.nudged(request.voice, live[0].number)
