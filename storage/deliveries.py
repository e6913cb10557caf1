"""The ledger of what we owe, in SQL.

States are written as literals where a partial index is to be used: with a parameter no planner would see that
the index holds the answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, func, or_, select, text, update

from bot.model import ASKS, Delivery, DeliveryKind, DeliveryState
from storage import tables as t
from storage.noun import Noun, batches, columns, values

_COLUMNS = columns(t.delivery, Delivery)
_QUEUED = text("delivery.state = 'queued'")
_SENDING = text("delivery.state = 'sending'")
_UNCERTAIN = text("delivery.state = 'uncertain'")


class SqlDeliveries(Noun):
    """The ledger: what we owe, and what became of it."""

    async def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Add those whose dedupe key is new; what still waits or was dropped is due as it is owed now."""
        if deliveries:
            new = self._insert(t.delivery)
            anew = {
                "due_at": new.excluded.due_at,
                "expires_at": new.excluded.expires_at,
                "state": DeliveryState.QUEUED,
                "reason": "",
                "attempts": 0,
                "settled_at": None,
            }
            # An update in place that waits goes out at once: it disturbs nobody.
            waits = and_(t.delivery.c.state == DeliveryState.QUEUED, t.delivery.c.ref == "")
            new = new.on_conflict_do_update(
                index_elements=["dedupe_key"],
                set_=anew,
                where=or_(waits, t.delivery.c.state == DeliveryState.DROPPED),
            )
            rows = [values(each, "id") | {"dedupe_key": each.dedupe_key} for each in deliveries]
            await self._connection.execute(new, rows)

    async def claim(self, now: datetime, lease_until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Take what is due, oldest first, as `sending`; nobody else gets it until the lease ends."""
        due = select(t.delivery.c.id).where(_QUEUED, t.delivery.c.due_at <= now)
        due = (
            due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(limit).with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        taken = update(t.delivery).where(t.delivery.c.id.in_(ids))
        taken = taken.values(state=DeliveryState.SENDING, lease_until=lease_until)
        rows = await self._connection.execute(taken.returning(*_COLUMNS))
        claimed = [Delivery(**row._asdict()) for row in rows]
        return tuple(sorted(claimed, key=lambda each: (each.due_at, each.id)))

    async def lapse(self, now: datetime) -> tuple[Delivery, ...]:
        """Turn `sending` rows whose lease has ended into `uncertain`; returns the uncertain rows to be asked about."""
        lapsed = update(t.delivery).where(_SENDING, t.delivery.c.lease_until <= now)
        await self._connection.execute(lapsed.values(state=DeliveryState.UNCERTAIN, lease_until=None))
        settled = select(*_COLUMNS).where(_UNCERTAIN, t.delivery.c.due_at <= now)
        return await self._all(Delivery, settled.order_by(t.delivery.c.id))

    async def settle(self, delivery: Delivery) -> None:
        """Write state, reason, attempts, due_at, ref, settled_at; ends the lease."""
        row = update(t.delivery).where(t.delivery.c.id == delivery.id)
        await self._connection.execute(
            row.values(
                state=delivery.state,
                reason=delivery.reason,
                attempts=delivery.attempts,
                due_at=delivery.due_at,
                ref=delivery.ref,
                settled_at=delivery.settled_at,
                lease_until=None,
            )
        )

    async def refresh(self, kind: DeliveryKind, subject_id: int, now: datetime) -> None:
        """Send again, as an update in place, what was sent of that kind about that subject."""
        sent = update(t.delivery).where(
            t.delivery.c.subject_id == subject_id,
            t.delivery.c.kind == kind,
            t.delivery.c.state.in_([DeliveryState.SENT, DeliveryState.DROPPED]),
            t.delivery.c.ref != "",
        )
        await self._connection.execute(sent.values(state=DeliveryState.QUEUED, due_at=now, attempts=0))

    async def bring_forward(self, kind: DeliveryKind, subject_ids: Collection[int], due_at: datetime) -> None:
        """Make queued ones due then, if that is earlier."""
        for ids in batches(set(subject_ids)):
            later = update(t.delivery).where(
                t.delivery.c.subject_id.in_(ids),
                t.delivery.c.kind == kind,
                _QUEUED,
                t.delivery.c.due_at > due_at,
            )
            await self._connection.execute(later.values(due_at=due_at))

    async def hurry(self, member_id: int, now: datetime, kinds: Collection[DeliveryKind] = ()) -> None:
        """Make due what waited because they had no address, and all that is queued of these kinds."""
        # Nothing else that is queued has a reason.
        waited = or_(t.delivery.c.reason != "", t.delivery.c.kind.in_(sorted(kinds)))
        waits = update(t.delivery).where(t.delivery.c.member_id == member_id, _QUEUED, waited)
        await self._connection.execute(waits.values(due_at=now, reason=""))

    async def drop(
        self,
        *,
        member_id: int | None,
        cycle_id: int | None,
        reason: str,
        now: datetime,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
    ) -> int:
        """Drop what is queued for that member in that cycle (None: any); how many.

        What stands on a platform already is only waiting to be mended there: that is never dropped.
        """
        if member_id is None and cycle_id is None:
            raise ValueError("whose deliveries? Dropping everybody's in every cycle is never meant")
        queued = update(t.delivery).where(
            _QUEUED, t.delivery.c.ref == "", t.delivery.c.kind.in_(sorted(kinds))
        )
        if member_id is not None:
            queued = queued.where(t.delivery.c.member_id == member_id)
        if cycle_id is not None:
            queued = queued.where(t.delivery.c.cycle_id == cycle_id)
        dropped = queued.values(state=DeliveryState.DROPPED, reason=reason, settled_at=now)
        return (await self._connection.execute(dropped)).rowcount

    async def asks_sent(self, member_id: int, start: datetime, end: datetime) -> int:
        """How many asks were sent to them from start up to, not including, end."""
        asks = select(func.count()).where(
            t.delivery.c.member_id == member_id,
            t.delivery.c.kind.in_(sorted(ASKS)),
            t.delivery.c.state == DeliveryState.SENT,
            t.delivery.c.settled_at >= start,
            t.delivery.c.settled_at < end,
        )
        return int((await self._connection.execute(asks)).scalar_one())

    async def was_sent(self, kind: DeliveryKind, subject_id: int, member_id: int) -> bool:
        """Also while it waits to be refreshed: then it stands on the platform already."""
        arrived = or_(t.delivery.c.state == DeliveryState.SENT, t.delivery.c.ref != "")
        sent = select(t.delivery.c.id).where(
            t.delivery.c.subject_id == subject_id,
            t.delivery.c.kind == kind,
            t.delivery.c.member_id == member_id,
            arrived,
        )
        return await self._connection.scalar(sent.limit(1)) is not None

    async def next_due(self) -> datetime | None:
        """When the next queued one is due."""
        first = select(t.delivery.c.due_at).where(_QUEUED).order_by(t.delivery.c.due_at).limit(1)
        due_at: datetime | None = await self._connection.scalar(first)
        return due_at

    async def next_for(self, member_id: int) -> Delivery | None:
        """The next queued check-in for a member."""
        queued = select(*_COLUMNS).where(
            t.delivery.c.member_id == member_id, t.delivery.c.kind == DeliveryKind.CHECK_IN, _QUEUED
        )
        return await self._first(Delivery, queued.order_by(t.delivery.c.due_at, t.delivery.c.id))

    async def of_cycle(self, cycle_id: int) -> tuple[Delivery, ...]:
        """By due time."""
        theirs = select(*_COLUMNS).where(t.delivery.c.cycle_id == cycle_id)
        return await self._all(Delivery, theirs.order_by(t.delivery.c.due_at, t.delivery.c.id))

    async def of_partnership(self, partnership_id: int, limit: int) -> tuple[Delivery, ...]:
        """The newest settled or due first."""
        newest = func.coalesce(t.delivery.c.settled_at, t.delivery.c.due_at).desc()
        theirs = select(*_COLUMNS).where(t.delivery.c.partnership_id == partnership_id)
        return await self._all(Delivery, theirs.order_by(newest, t.delivery.c.id.desc()).limit(limit))
