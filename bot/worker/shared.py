"""Facts that the messages of one batch share."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar

from bot.model import ASKS, KINDS, Address, Answer, CheckIn, Cycle, Delivery, Enrolment, Pairing
from bot.ports import Tx
from bot.use_cases import cycles

TWO_DAYS = timedelta(days=2)
"""Longer than a day that has begun anywhere."""
T = TypeVar("T")
OfMember: TypeAlias = tuple[int, int]
"""A cycle's id and a member's id."""


@dataclass(frozen=True)
class Shared:
    """Facts about the cycles and members of a batch, read by set in the transaction in which it is composed."""

    addresses: Mapping[int, Address]
    check_ins: Mapping[int, CheckIn]
    enrolments: Mapping[OfMember, Enrolment]
    pairings: Mapping[OfMember, Pairing]
    answers: Mapping[OfMember, Mapping[str, tuple[Answer, ...]]]
    asks_behind_others: frozenset[int]
    """The ids of asks whose member is being sent another one by a worker that claimed first."""
    asks_sent: Mapping[int, tuple[datetime, ...]]
    """When asks of the last two days were sent, by member."""
    _last_days: dict[int, date] = field(default_factory=dict)

    async def last_day(self, tx: Tx, cycle: Cycle) -> date:
        """Return the last day of a cycle as it is planned now, worked out once for the batch."""
        if cycle.id not in self._last_days:
            self._last_days[cycle.id] = await cycles.read_last_day(tx, cycle)
        return self._last_days[cycle.id]


async def read_shared(tx: Tx, deliveries: Sequence[Delivery], now: datetime) -> Shared:
    """Read what composing these deliveries needs: members with their partners, schools and all facts of `Shared`."""
    member_ids = {each.member_id for each in deliveries}
    of_cycle: defaultdict[int, set[int]] = defaultdict(set)
    for each in deliveries:
        if each.cycle_id is not None:
            of_cycle[each.cycle_id].add(each.member_id)
    check_in_ids = {each.subject_id for each in deliveries if KINDS[each.kind].subject is CheckIn}
    check_ins = await tx.check_ins.many(check_in_ids)
    enrolments: dict[OfMember, Enrolment] = {}
    pairings: dict[OfMember, Pairing] = {}
    answers: dict[OfMember, Mapping[str, tuple[Answer, ...]]] = {}
    for cycle_id, ids in sorted(of_cycle.items()):
        of_members = await tx.cycles.enrolments_of(cycle_id, ids)
        enrolments |= {(cycle_id, each.member_id): each for each in of_members}
        pairings |= _keyed(cycle_id, await tx.pairings.of_members(cycle_id, ids))
        if check_ins:
            answers |= _keyed(cycle_id, await tx.check_ins.answers_of_members(cycle_id, ids))
    partner_ids = {each for pairing in pairings.values() for each in pairing.member_ids}
    await _read_members_and_schools(tx, member_ids | partner_ids)
    asks = [each for each in deliveries if each.kind in ASKS]
    # First what is being sent, then what was sent: an ask that is settled meanwhile is found by the second.
    behind = await tx.deliveries.behind_others(asks)
    sent = await tx.deliveries.asks_sent({each.member_id for each in asks}, now - TWO_DAYS)
    addresses = await tx.members.current_addresses(member_ids)
    return Shared(addresses, check_ins, enrolments, pairings, answers, behind, sent)


async def _read_members_and_schools(tx: Tx, member_ids: Collection[int]) -> None:
    """Read members and their schools' calendars together, so that the transaction need not read each by itself."""
    members = await tx.members.many(member_ids)
    await tx.schools.calendars({each.home_school_id for each in members.values() if each.posts})


def _keyed(cycle_id: int, by_member: Mapping[int, T]) -> dict[OfMember, T]:
    """Return facts by member as facts by cycle and member."""
    return {(cycle_id, member_id): fact for member_id, fact in by_member.items()}
