"""Use case of a roster import, with its effect on a running cycle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias

from bot.model import Cycle, Role
from bot.model.roster import Roster, RosterError
from bot.ports import Tx
from bot.rules.premises import EndedPairing, may_take_part
from bot.rules.roster_difference import Difference, RosterImport
from bot.use_cases import late_changes, participants, schedule


@dataclass(frozen=True, slots=True)
class Identity:
    """What somebody says about people and schools whom a roster seems to name anew."""

    same: Mapping[str, str] = field(default_factory=dict)
    """The new id by the old one."""
    all_others_differ: bool = False
    """True: nobody else is asked about."""


Check: TypeAlias = Callable[[Difference], Awaitable[None]]
"""Raises where the one who imports may not make these changes."""


async def _allow_all(_: Difference) -> None:
    """Allow everything: who runs `jpd` may."""


async def import_roster(
    tx: Tx,
    partnership: str,
    roster: Roster,
    now: datetime,
    *,
    dry_run: bool,
    identity: Identity = Identity(),
    check: Check = _allow_all,
) -> RosterImport:
    """Import a roster into the partnership with this name, made if new, and look at the premises of all pairings.

    With `dry_run` everything is done and undone, so that what is told is what would happen. Raises `RosterError` with
    questions where somebody may be taken for two, and whatever `check` raises for the changes.
    """
    if not dry_run:
        return await _import(tx, partnership, roster, now, identity, check)
    async with tx.undone():
        return await _import(tx, partnership, roster, now, identity, check)


async def _import(  # as above
    tx: Tx, partnership: str, roster: Roster, now: datetime, identity: Identity, check: Check
) -> RosterImport:
    found = await tx.schools.partnership_named(partnership) or await tx.schools.add_partnership(partnership)
    await tx.schools.unite(found.id, roster, identity.same)
    if check is not _allow_all:
        await check(await tx.schools.compare(found.id, roster))
    questions = await tx.schools.likely_same(found.id, roster)
    if questions and not identity.all_others_differ:
        raise RosterError(questions)
    changes = await tx.schools.apply(found.id, roster, now)
    await tx.accounts.ask_again(found.id, now)  # it may name people who wrote before
    cycle = await tx.cycles.current(found.id)
    return RosterImport(changes, await _update_cycle(tx, cycle, now) if cycle else ())


async def _update_cycle(tx: Tx, cycle: Cycle, now: datetime) -> tuple[EndedPairing, ...]:
    """End the pairings whose premises no longer hold, and pair those who are back on the roster."""
    broken = await late_changes.end_broken_pairings(tx, cycle, now)
    if cycle.confirmed_at is None:
        await _move_enrolments(tx, cycle, now)
    else:
        await schedule.plan_digests(tx, cycle, now)  # a school may have a new principal
    paired_ids = {each for pairing in await tx.pairings.of_cycle(cycle.id) for each in pairing.member_ids}
    joined = await participants.read_participants(tx, cycle)
    await late_changes.find_pairing(tx, cycle, {each.id for each in joined} - paired_ids, now)
    members = await tx.members.many({each for pairing, _ in broken for each in pairing.member_ids})
    return tuple(
        EndedPairing(
            tuple(members[each].name for each in pairing.member_ids),
            why.premise,
            tuple(members[each].name for each in why.member_ids),
        )
        for pairing, why in broken
    )


async def _move_enrolments(tx: Tx, cycle: Cycle, now: datetime) -> None:
    """Let each member who has moved before the cycle is confirmed take part for the school where they teach now."""
    enrolments = await tx.cycles.enrolments(cycle.id)
    members = await tx.members.many([each.member_id for each in enrolments])
    for enrolment in enrolments:
        member = members[enrolment.member_id]
        taught = [post.school_id for post in member.posts if post.role is Role.TEACHER]
        if may_take_part(member) and enrolment.school_id not in taught:
            await late_changes.leave_pairing(tx, cycle, member.id, now)  # a proposal names the old school
            await tx.cycles.move_enrolment(replace(enrolment, school_id=taught[0]))
