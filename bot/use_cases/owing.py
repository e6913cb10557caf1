"""Owing one message to each of several members."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime

from bot.model import Cycle, Delivery, DeliveryKind, Member
from bot.ports import Tx
from bot.rules import planning
from bot.use_cases.schools import choose_moment, read_availabilities


async def owe(
    tx: Tx,
    cycle: Cycle,
    kind: DeliveryKind,
    subject_id: int,
    members: Collection[Member],
    after: datetime,
    *,
    occurrence: str = "",
    expires_at: datetime | None = None,
) -> Mapping[int, datetime]:
    """Owe each member one message at the next moment, from `after` on, at which that member may be written to.

    Returns the moments by member id.
    """
    about = [(subject_id, each) for each in members]
    return await owe_each(tx, cycle, kind, about, after, occurrence=occurrence, expires_at=expires_at)


async def owe_each(
    tx: Tx,
    cycle: Cycle,
    kind: DeliveryKind,
    about: Collection[tuple[int, Member]],
    after: datetime,
    *,
    occurrence: str = "",
    expires_at: datetime | None = None,
) -> Mapping[int, datetime]:
    """Owe members one message each, every one about its own subject; otherwise as `owe`."""
    available = await read_availabilities(tx, [member for _, member in about])
    moments = {member.id: choose_moment(available[member.id], after) for _, member in about}
    await tx.deliveries.owe(
        [
            replace(
                planning.owe(cycle, member.id, kind, subject_id, moments[member.id]),
                occurrence=occurrence,
                expires_at=expires_at,
            )
            for subject_id, member in about
        ]
    )
    return moments


async def owe_outside_cycles(
    tx: Tx,
    kind: DeliveryKind,
    subject_id: int,
    members: Collection[Member],
    now: datetime,
    *,
    occurrence: str = "",
    expires_at: datetime | None = None,
) -> None:
    """Owe each member one message that belongs to no cycle, at the next moment at which they may be written to."""
    available = await read_availabilities(tx, members)
    await tx.deliveries.owe(
        [
            Delivery(
                id=0,
                partnership_id=each.partnership_id,
                cycle_id=None,
                member_id=each.id,
                kind=kind,
                subject_id=subject_id,
                occurrence=occurrence,
                due_at=choose_moment(available[each.id], now),
                expires_at=expires_at,
            )
            for each in members
        ]
    )


async def refresh_pool(tx: Tx, cycle_id: int, step: str, now: datetime) -> None:
    """Update the messages that show the pool of a step, from which an answer is about to go."""
    for each in await tx.check_ins.of_cycle(cycle_id):
        if each.step == step:
            await tx.deliveries.refresh(DeliveryKind.POOL, each.id, now)
