"""Statements about deliveries that several queries share."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Delivery, DeliveryKind, DeliveryState
from storage import tables as t
from storage.queries.base import columns

COLUMNS = columns(t.delivery, Delivery)
QUEUED = text("delivery.state = 'queued'")
"""A literal: with the state as a parameter, neither database would use the partial index."""


async def start_sending(
    connection: AsyncConnection, ids: Collection[int], lease_until: datetime
) -> tuple[Delivery, ...]:
    """Mark the deliveries as `sending` on one new lease, and return them by due time."""
    lease = {"lease_until": lease_until, "lease": secrets.token_hex(8)}
    taken = update(t.delivery).where(t.delivery.c.id.in_(ids))
    taken = taken.values(state=DeliveryState.SENDING, lane=None, **lease)
    rows = await connection.execute(taken.returning(*COLUMNS))
    claimed = [Delivery(**row._asdict()) for row in rows]
    return tuple(sorted(claimed, key=lambda each: (each.due_at, each.id)))


async def make_due(
    connection: AsyncConnection,
    condition: ColumnElement[bool],
    now: datetime,
    kinds: Collection[DeliveryKind] = (),
) -> None:
    """Make due now the queued deliveries that wait for an address, and those of these kinds."""
    # A queued delivery has a reason only while it waits for an address.
    waiting = or_(t.delivery.c.reason != "", t.delivery.c.kind.in_(sorted(kinds)))
    waits = update(t.delivery).where(condition, QUEUED, waiting)
    await connection.execute(waits.values(due_at=now, reason=""))


def last_sent_id(member_id: int) -> ScalarSelect[int]:
    """Return the subquery for the delivery that was sent or updated last for a member."""
    d = t.delivery.alias().c
    newest = select(d.id).where(d.member_id == member_id, d.state == DeliveryState.SENT)
    return newest.order_by(d.settled_at.desc(), d.id.desc()).limit(1).scalar_subquery()
