"""The ledger of deliveries in SQL.

The column `meanwhile` holds a change that was decided while a message was being sent, when its row can't be changed
without the sender: `CHANGED` for a message whose content is new, or the reason of a drop. `settle` applies it: a sent
message is updated, one that did not arrive is dropped, and a drop is taken back if the message was owed again.

States are literals where a partial index is to be used: neither database uses one when the state is a parameter.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import ASKS, CARRIES_WORDS, Delivery, DeliveryKind, DeliveryState
from bot.rules.outcomes import CHANGED, apply_change_made_while_sending
from storage import tables as t
from storage.queries.base import Queries, batches, values
from storage.queries.delivery_statements import COLUMNS, QUEUED, last_sent_id, make_due, start_sending

WRITTEN_BY_SETTLE = ("state", "reason", "attempts", "due_at", "ref", "settled_at", "perhaps_twice")
PRUNED = sorted(frozenset(DeliveryKind) - CARRIES_WORDS)
"""The kinds that may be deleted. The others carry words: through `ref` they can be erased on the platform."""
LONGEST_LEASE = timedelta(hours=1)
"""A lease that ends later was given while the clock was ahead."""
UNDER_WAY = (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
ENDED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)
_SENDING = text("delivery.state = 'sending'")
_UNCERTAIN = text("delivery.state = 'uncertain'")


class SqlDeliveries(Queries):
    """The ledger of deliveries."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._last_sent: dict[int, Delivery | None] = {}
        self._without: set[tuple[DeliveryKind, int]] = set()

    def remember_last_sent(self, member_id: int, delivery: Delivery | None) -> None:
        """Take what another query of this transaction has read as sent last."""
        self._last_sent[member_id] = delivery

    def remember_none(self, kind: DeliveryKind, subject_id: int) -> None:
        """Take it that there was no delivery of that kind and subject before this transaction.

        Only a transaction that owes them alone may say so: an event of the member about whose words they are.
        """
        self._without.add((kind, subject_id))

    async def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Add new deliveries; queue known ones (same dedupe key) again if queued, failed or dropped.

        One that is being sent keeps its state and is marked in `meanwhile`: it is sent even if it was to be dropped.
        """
        if deliveries:
            new = self._insert(t.delivery)
            as_new: dict[str, object] = {
                "due_at": new.excluded.due_at,
                "state": DeliveryState.QUEUED,
                "reason": "",
                "attempts": 0,
                "settled_at": None,
                "perhaps_twice": False,
                "lane": None,
            }
            d = t.delivery.c
            # Do not touch a queued update, nor the state of one being sent.
            waits = and_(_is(DeliveryState.QUEUED, DeliveryState.FAILED), d.ref == "")
            is_reset = or_(waits, _is(DeliveryState.DROPPED))
            changes: dict[str, object] = {
                name: case((is_reset, value), else_=d[name]) for name, value in as_new.items()
            }
            mark = case((_is(*UNDER_WAY), CHANGED), else_="")
            changes |= {"expires_at": new.excluded.expires_at, "meanwhile": mark}
            new = new.on_conflict_do_update(
                index_elements=["dedupe_key"], set_=changes, where=or_(is_reset, _is(*UNDER_WAY))
            )
            rows = [values(each, "id") | {"dedupe_key": each.dedupe_key} for each in deliveries]
            await self._connection.execute(new, rows)

    async def claim(self, now: datetime, lease_until: datetime, limit: int) -> tuple[Delivery, ...]:
        """Mark due deliveries as `sending`, oldest first, and return them: the caller's until the lease ends."""
        due = select(t.delivery.c.id).where(QUEUED, t.delivery.c.due_at <= now)
        due = (
            due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(limit).with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        return await start_sending(self._connection, ids, lease_until)

    async def mark_expired_leases(self, now: datetime) -> int:
        """Mark deliveries whose lease has ended as `uncertain`, and return how many."""
        ended = or_(t.delivery.c.lease_until <= now, t.delivery.c.lease_until > now + LONGEST_LEASE)
        expired = update(t.delivery).where(_SENDING, ended)
        # It counts as a try: a message that kills its process each time must not be tried for ever.
        tries = t.delivery.c.attempts + 1
        expired = expired.values(
            state=DeliveryState.UNCERTAIN,
            settled_at=t.delivery.c.lease_until,
            lease_until=None,
            lease="",
            attempts=tries,
        )
        return (await self._connection.execute(expired)).rowcount

    async def claim_uncertain(self, now: datetime, again_at: datetime, limit: int) -> tuple[Delivery, ...]:
        """Return uncertain deliveries that are due to be asked about; they are the caller's until `again_at`."""
        due = select(t.delivery.c.id).where(_UNCERTAIN, t.delivery.c.due_at <= now)
        due = (
            due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(limit).with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        taken = update(t.delivery).where(t.delivery.c.id.in_(ids))
        taken = taken.values(due_at=again_at, lease=secrets.token_hex(8))
        rows = await self._connection.execute(taken.returning(*COLUMNS)) if ids else ()
        return tuple(sorted((Delivery(**row._asdict()) for row in rows), key=lambda each: each.id))

    async def settle(self, deliveries: Sequence[Delivery]) -> frozenset[int]:
        """Write the deliveries that the caller still holds, end their leases, and return their ids."""
        self._last_sent.clear()
        kept: dict[int, tuple[str, str]] = {}
        for ids in batches({each.id for each in deliveries}):
            locked = select(t.delivery.c.id, t.delivery.c.lease, t.delivery.c.meanwhile)
            locked = locked.where(t.delivery.c.id.in_(ids)).order_by(t.delivery.c.id).with_for_update()
            kept |= {row.id: (row.lease, row.meanwhile) for row in await self._connection.execute(locked)}
        held: dict[int, dict[str, object]] = {}
        for each in deliveries:
            lease, meanwhile = kept.get(each.id, (None, ""))
            if lease == each.lease:
                settled = apply_change_made_while_sending(each, meanwhile) if meanwhile else each
                is_known = settled.state is not DeliveryState.UNCERTAIN
                held[each.id] = _settled(settled) | {"new_meanwhile": "" if is_known else meanwhile}
        if held:
            row = update(t.delivery).where(t.delivery.c.id == bindparam("row_id"))
            row = row.values(
                {name: bindparam(f"new_{name}") for name in (*WRITTEN_BY_SETTLE, "meanwhile")}
                | {"lease_until": None, "lease": ""}
            )
            await self._connection.execute(row, list(held.values()))
        return frozenset(held)

    async def refresh(self, kind: DeliveryKind, subject_id: int, now: datetime) -> None:
        """Send deliveries of that kind and subject again, as updates of messages that were or are being sent."""
        if (kind, subject_id) in self._without:
            return  # what this transaction has owed itself is new
        d = t.delivery.c
        was_sent = and_(_is(*ENDED, DeliveryState.QUEUED), d.ref != "")
        # One statement over every state waits for a worker that claims or settles now, and sees what it did.
        found = update(t.delivery).where(d.subject_id == subject_id, d.kind == kind)
        await self._connection.execute(
            found.values(
                state=case((was_sent, DeliveryState.QUEUED), else_=d.state),
                due_at=case((was_sent, now), else_=d.due_at),
                attempts=case((was_sent, 0), else_=d.attempts),
                reason=case((was_sent, ""), else_=d.reason),
                meanwhile=case((and_(_is(*UNDER_WAY), d.meanwhile == ""), CHANGED), else_=d.meanwhile),
            )
        )

    async def bring_forward(self, kind: DeliveryKind, subject_ids: Collection[int], due_at: datetime) -> None:
        """Make queued deliveries due at that time, if that is earlier."""
        for ids in batches(set(subject_ids)):
            later = update(t.delivery).where(
                t.delivery.c.subject_id.in_(ids),
                t.delivery.c.kind == kind,
                QUEUED,
                t.delivery.c.due_at > due_at,
            )
            await self._connection.execute(later.values(due_at=due_at))

    async def make_due(self, member_id: int, now: datetime, kinds: Collection[DeliveryKind] = ()) -> None:
        """Make due now the queued deliveries that wait for the member's address, and those of these kinds."""
        await make_due(self._connection, t.delivery.c.member_id == member_id, now, kinds)

    async def drop(
        self,
        *,
        member_id: int | None,
        cycle_id: int | None,
        reason: str,
        now: datetime,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
    ) -> int:
        """Drop the queued deliveries for a member in a cycle (None: any), and return how many.

        One that is being sent is marked in `meanwhile`, and dropped if it does not arrive. A queued update of a sent
        message stays.
        """
        if member_id is None and cycle_id is None:
            raise ValueError("a member or a cycle is needed: everybody's deliveries are never dropped")
        d = t.delivery.c
        found = update(t.delivery).where(
            _is(DeliveryState.QUEUED, *UNDER_WAY), d.ref == "", d.kind.in_(sorted(kinds))
        )
        if member_id is not None:
            found = found.where(d.member_id == member_id)
        if cycle_id is not None:
            found = found.where(d.cycle_id == cycle_id)
        is_queued = d.state == DeliveryState.QUEUED
        dropped = found.values(
            state=case((is_queued, DeliveryState.DROPPED), else_=d.state),
            reason=case((is_queued, reason), else_=d.reason),
            settled_at=case((is_queued, now), else_=d.settled_at),
            meanwhile=case((is_queued, d.meanwhile), else_=reason),
            lane=None,
        )
        return (await self._connection.execute(dropped)).rowcount

    async def asks_sent(
        self, member_ids: Collection[int], start: datetime
    ) -> Mapping[int, tuple[datetime, ...]]:
        """Return by member when asks were sent, or may have arrived, from `start` on."""
        sent: dict[int, tuple[datetime, ...]] = {}
        for ids in batches(set(member_ids)):
            asks = select(t.delivery.c.member_id, t.delivery.c.settled_at).where(
                t.delivery.c.member_id.in_(ids),
                t.delivery.c.kind.in_(sorted(ASKS)),
                t.delivery.c.state.in_([DeliveryState.SENT, DeliveryState.UNCERTAIN]),
                t.delivery.c.settled_at >= start,
            )
            for member_id, settled_at in await self._connection.execute(asks):
                sent[member_id] = (*sent.get(member_id, ()), settled_at)
        return sent

    async def behind_others(self, asks: Collection[Delivery]) -> frozenset[int]:
        """Return the asks whose member gets another ask now, from a worker that claimed first."""
        ask, earlier = t.delivery.alias(), t.delivery.alias()
        # The order of claiming decides between two leases that end at the same time.
        was_before = tuple_(earlier.c.due_at, earlier.c.id) < tuple_(ask.c.due_at, ask.c.id)
        same_end = and_(earlier.c.lease_until == ask.c.lease_until, was_before)
        behind: set[int] = set()
        for ids in batches({each.id for each in asks}):
            others = select(ask.c.id).join(earlier, earlier.c.member_id == ask.c.member_id)
            others = others.where(
                ask.c.id.in_(ids),
                earlier.c.kind.in_(sorted(ASKS)),
                earlier.c.state == DeliveryState.SENDING,
                earlier.c.lease != ask.c.lease,
                or_(earlier.c.lease_until < ask.c.lease_until, same_end),
            )
            behind.update((await self._connection.execute(others)).scalars())
        return frozenset(behind)

    async def was_sent(self, kind: DeliveryKind, subject_id: int, member_id: int) -> bool:
        """Return whether the message was sent; it still was while an update of it waits."""
        arrived = or_(t.delivery.c.state == DeliveryState.SENT, t.delivery.c.ref != "")
        sent = select(t.delivery.c.id).where(
            t.delivery.c.subject_id == subject_id,
            t.delivery.c.kind == kind,
            t.delivery.c.member_id == member_id,
            arrived,
        )
        return await self._connection.scalar(sent.limit(1)) is not None

    async def last_sent(self, member_id: int) -> Delivery | None:
        """Return the delivery that was sent or updated last for a member."""
        if member_id not in self._last_sent:
            last = select(*COLUMNS).where(t.delivery.c.id == last_sent_id(member_id))
            self._last_sent[member_id] = await self._first(Delivery, last)
        return self._last_sent[member_id]

    async def next_due(self) -> datetime | None:
        """Return when the next queued delivery is due."""
        first = select(t.delivery.c.due_at).where(QUEUED).order_by(t.delivery.c.due_at).limit(1)
        due_at: datetime | None = await self._connection.scalar(first)
        return due_at

    async def next_for(self, member_id: int) -> Delivery | None:
        """Return the member's next queued check-in."""
        queued = select(*COLUMNS).where(
            t.delivery.c.member_id == member_id, t.delivery.c.kind == DeliveryKind.CHECK_IN, QUEUED
        )
        return await self._first(Delivery, queued.order_by(t.delivery.c.due_at, t.delivery.c.id))

    async def of_cycle(self, cycle_id: int) -> tuple[Delivery, ...]:
        """Return a cycle's deliveries by due time."""
        found = select(*COLUMNS).where(t.delivery.c.cycle_id == cycle_id)
        return await self._all(Delivery, found.order_by(t.delivery.c.due_at, t.delivery.c.id))

    async def cycles_to_prune(self, before: datetime) -> tuple[int, ...]:
        """Return the cycles that were closed before then and have deliveries that may be deleted."""
        ended = _ended(before).where(t.delivery.c.cycle_id == t.cycle.c.id).limit(1)
        # The limit makes PostgreSQL look once into the index for each cycle; without it, it may read the whole ledger.
        has_some = ended.correlate(t.cycle).scalar_subquery().is_not(None)
        closed = select(t.cycle.c.id).where(t.cycle.c.closed_at <= before, has_some)
        return tuple((await self._connection.execute(closed.order_by(t.cycle.c.id))).scalars())

    async def prune(self, cycle_id: int | None, before: datetime, limit: int) -> int:
        """Delete deliveries settled before then in a closed cycle, or outside cycles (None), and return how many.

        Rows that another worker is deleting are skipped.
        """
        of_cycle: ColumnElement[bool] = t.delivery.c.cycle_id.is_(None)
        if cycle_id is not None:
            closed = select(t.cycle.c.id).where(t.cycle.c.id == cycle_id, t.cycle.c.closed_at <= before)
            of_cycle = and_(t.delivery.c.cycle_id == cycle_id, exists(closed))
        is_shown = exists().where(t.playground_line.c.delivery_id == t.delivery.c.id)
        ended = _ended(before).where(of_cycle, ~is_shown).limit(limit)
        ids = list(
            (await self._connection.execute(ended.with_for_update(skip_locked=True, of=t.delivery))).scalars()
        )
        await self._connection.execute(delete(t.delivery).where(t.delivery.c.id.in_(ids)))
        return len(ids)


def _ended(before: datetime) -> Select[tuple[int]]:
    return select(t.delivery.c.id).where(
        t.delivery.c.kind.in_(PRUNED), t.delivery.c.state.in_(ENDED), t.delivery.c.settled_at <= before
    )


def _is(*states: DeliveryState) -> ColumnElement[bool]:
    """Compare with each state on its own, because IN takes no list where a statement is run for many rows."""
    return or_(*(t.delivery.c.state == each for each in states))


def _settled(delivery: Delivery) -> dict[str, object]:
    return {"row_id": delivery.id, **{f"new_{name}": getattr(delivery, name) for name in WRITTEN_BY_SETTLE}}
