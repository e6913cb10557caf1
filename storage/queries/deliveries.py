"""The ledger of what we owe, in SQL.

States are written as literals where a partial index is to be used: with a parameter no planner would see that
the index holds the answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import ASKS, CARRIES_WORDS, Delivery, DeliveryKind, DeliveryState
from bot.rules.outcomes import CHANGED, overtaken
from storage import tables as t
from storage.queries.base import Noun, batches, columns, values

_COLUMNS = columns(t.delivery, Delivery)
SETTLED = ("state", "reason", "attempts", "due_at", "ref", "settled_at", "perhaps_twice")
PRUNED = sorted(frozenset(DeliveryKind) - CARRIES_WORDS)
"""What carries somebody's words stays: by its `ref` they can be taken back where they stand."""
FAR = timedelta(hours=1)
"""No lease is longer: what ends later was claimed while the clock was ahead."""
UNDER_WAY = (DeliveryState.SENDING, DeliveryState.UNCERTAIN)
ENDED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)
_QUEUED = text("delivery.state = 'queued'")
_SENDING = text("delivery.state = 'sending'")
_UNCERTAIN = text("delivery.state = 'uncertain'")


class SqlDeliveries(Noun):
    """The ledger: what we owe, and what became of it."""

    async def owe(self, deliveries: Sequence[Delivery]) -> None:
        """Add those whose dedupe key is new; what still waits or was dropped is due as it is owed now."""
        if deliveries:
            new = self._insert(t.delivery)
            anew: dict[str, object] = {
                "due_at": new.excluded.due_at,
                "state": DeliveryState.QUEUED,
                "reason": "",
                "attempts": 0,
                "settled_at": None,
                "perhaps_twice": False,
                "lane": None,
            }
            d = t.delivery.c
            # An update in place that waits goes out at once: it disturbs nobody. What is under way keeps its state.
            waits = and_(_is(DeliveryState.QUEUED, DeliveryState.FAILED), d.ref == "")
            is_anew = or_(waits, _is(DeliveryState.DROPPED))
            changes: dict[str, object] = {
                name: case((is_anew, value), else_=d[name]) for name, value in anew.items()
            }
            # Were what is under way about to be dropped, it goes after all.
            mark = case((_is(*UNDER_WAY), CHANGED), else_="")
            changes |= {"expires_at": new.excluded.expires_at, "meanwhile": mark}
            new = new.on_conflict_do_update(
                index_elements=["dedupe_key"], set_=changes, where=or_(is_anew, _is(*UNDER_WAY))
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
        return await take(self._connection, ids, lease_until)

    async def lapse(self, now: datetime) -> int:
        """Turn `sending` rows whose lease has ended into `uncertain`; how many. Their holder is too late now."""
        ended = or_(t.delivery.c.lease_until <= now, t.delivery.c.lease_until > now + FAR)
        lapsed = update(t.delivery).where(_SENDING, ended)
        tries = t.delivery.c.attempts + 1  # what ends its process each time must end as well
        lapsed = lapsed.values(
            state=DeliveryState.UNCERTAIN,
            settled_at=t.delivery.c.lease_until,
            lease_until=None,
            lease="",
            attempts=tries,
        )
        return (await self._connection.execute(lapsed)).rowcount

    async def claim_uncertain(self, now: datetime, again_at: datetime, limit: int) -> tuple[Delivery, ...]:
        """Take uncertain ones that are due to be asked about; nobody else is given them until `again_at`."""
        due = select(t.delivery.c.id).where(_UNCERTAIN, t.delivery.c.due_at <= now)
        due = (
            due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(limit).with_for_update(skip_locked=True)
        )
        ids = list((await self._connection.execute(due)).scalars())
        taken = update(t.delivery).where(t.delivery.c.id.in_(ids))
        taken = taken.values(due_at=again_at, lease=secrets.token_hex(8))
        rows = await self._connection.execute(taken.returning(*_COLUMNS)) if ids else ()
        return tuple(sorted((Delivery(**row._asdict()) for row in rows), key=lambda each: each.id))

    async def settle(self, deliveries: Sequence[Delivery]) -> frozenset[int]:
        """Write what became of those that the caller still holds, which ends their leases; their ids."""
        kept: dict[int, tuple[str, str]] = {}
        for ids in batches({each.id for each in deliveries}):
            of = select(t.delivery.c.id, t.delivery.c.lease, t.delivery.c.meanwhile)
            of = of.where(t.delivery.c.id.in_(ids)).order_by(t.delivery.c.id).with_for_update()
            kept |= {row.id: (row.lease, row.meanwhile) for row in await self._connection.execute(of)}
        held: dict[int, dict[str, object]] = {}
        for each in deliveries:
            lease, meanwhile = kept.get(each.id, (None, ""))
            if lease == each.lease:
                settled = overtaken(each, meanwhile) if meanwhile else each
                is_known = settled.state is not DeliveryState.UNCERTAIN
                held[each.id] = _settled(settled) | {"its_meanwhile": "" if is_known else meanwhile}
        if held:
            row = update(t.delivery).where(t.delivery.c.id == bindparam("of"))
            row = row.values(
                {name: bindparam(f"its_{name}") for name in (*SETTLED, "meanwhile")}
                | {"lease_until": None, "lease": ""}
            )
            await self._connection.execute(row, list(held.values()))
        return frozenset(held)

    async def refresh(self, kind: DeliveryKind, subject_id: int, now: datetime) -> None:
        """Send again, as an update in place, what was sent of that kind about that subject, or is under way."""
        d = t.delivery.c
        stands = and_(_is(*ENDED, DeliveryState.QUEUED), d.ref != "")
        # One statement over every state: who claims or settles at this moment is waited for, and what they did is seen.
        theirs = update(t.delivery).where(d.subject_id == subject_id, d.kind == kind)
        await self._connection.execute(
            theirs.values(
                state=case((stands, DeliveryState.QUEUED), else_=d.state),
                due_at=case((stands, now), else_=d.due_at),
                attempts=case((stands, 0), else_=d.attempts),
                reason=case((stands, ""), else_=d.reason),
                meanwhile=case((and_(_is(*UNDER_WAY), d.meanwhile == ""), CHANGED), else_=d.meanwhile),
            )
        )

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
        await hurry(self._connection, t.delivery.c.member_id == member_id, now, kinds)

    async def drop(
        self,
        *,
        member_id: int | None,
        cycle_id: int | None,
        reason: str,
        now: datetime,
        kinds: Collection[DeliveryKind] = tuple(DeliveryKind),
    ) -> int:
        """Drop what is queued for that member in that cycle (None: any), or was under way and did not arrive; how many.

        What stands on a platform already is only waiting to be mended there: that is never dropped.
        """
        if member_id is None and cycle_id is None:
            raise ValueError("whose deliveries? Dropping everybody's in every cycle is never meant")
        d = t.delivery.c
        theirs = update(t.delivery).where(
            _is(DeliveryState.QUEUED, *UNDER_WAY), d.ref == "", d.kind.in_(sorted(kinds))
        )
        if member_id is not None:
            theirs = theirs.where(d.member_id == member_id)
        if cycle_id is not None:
            theirs = theirs.where(d.cycle_id == cycle_id)
        waits = d.state == DeliveryState.QUEUED
        dropped = theirs.values(
            state=case((waits, DeliveryState.DROPPED), else_=d.state),
            reason=case((waits, reason), else_=d.reason),
            settled_at=case((waits, now), else_=d.settled_at),
            meanwhile=case((waits, d.meanwhile), else_=reason),
            lane=None,
        )
        return (await self._connection.execute(dropped)).rowcount

    async def asks_sent(self, member_id: int, start: datetime, end: datetime) -> int:
        """How many asks were sent to them, or may have arrived, from start up to, not including, end."""
        asks = select(func.count()).where(
            t.delivery.c.member_id == member_id,
            t.delivery.c.kind.in_(sorted(ASKS)),
            t.delivery.c.state.in_([DeliveryState.SENT, DeliveryState.UNCERTAIN]),
            t.delivery.c.settled_at >= start,
            t.delivery.c.settled_at < end,
        )
        return int((await self._connection.execute(asks)).scalar_one())

    async def is_asking(self, ask: Delivery) -> bool:
        """Whether another worker, who was first, is sending that member an ask at this moment."""
        its_lease = select(t.delivery.c.lease_until).where(t.delivery.c.id == ask.id).scalar_subquery()
        first = t.delivery.alias()
        was_before = tuple_(first.c.due_at, first.c.id) < tuple_(ask.due_at, ask.id)  # claimed in that order
        other = select(first.c.id).where(
            first.c.member_id == ask.member_id,
            first.c.kind.in_(sorted(ASKS)),
            first.c.state == DeliveryState.SENDING,
            first.c.lease != ask.lease,
            or_(first.c.lease_until < its_lease, and_(first.c.lease_until == its_lease, was_before)),
        )
        return await self._connection.scalar(other.limit(1)) is not None

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

    async def cycles_to_prune(self, before: datetime) -> tuple[int, ...]:
        """Those that were closed before then, and have deliveries that may be pruned."""
        ended = _ended(before).where(t.delivery.c.cycle_id == t.cycle.c.id).limit(1)
        # With a limit it is a look into the index a cycle; without, PostgreSQL may read the whole ledger instead.
        has_some = ended.correlate(t.cycle).scalar_subquery().is_not(None)
        closed = select(t.cycle.c.id).where(t.cycle.c.closed_at <= before, has_some)
        return tuple((await self._connection.execute(closed.order_by(t.cycle.c.id))).scalars())

    async def prune(self, cycle_id: int | None, before: datetime, limit: int) -> int:
        """Forget what of a closed cycle, or of none, was settled before then, up to a limit; how many.

        What another worker forgets at this moment is left to them.
        """
        whose: ColumnElement[bool] = t.delivery.c.cycle_id.is_(None)
        if cycle_id is not None:
            closed = select(t.cycle.c.id).where(t.cycle.c.id == cycle_id, t.cycle.c.closed_at <= before)
            whose = and_(t.delivery.c.cycle_id == cycle_id, exists(closed))
        on_stage = exists().where(t.playground_line.c.delivery_id == t.delivery.c.id)
        ended = _ended(before).where(whose, ~on_stage).limit(limit)
        ids = list(
            (await self._connection.execute(ended.with_for_update(skip_locked=True, of=t.delivery))).scalars()
        )
        await self._connection.execute(delete(t.delivery).where(t.delivery.c.id.in_(ids)))
        return len(ids)


def _ended(before: datetime) -> Select[tuple[int]]:
    return select(t.delivery.c.id).where(
        t.delivery.c.kind.in_(PRUNED), t.delivery.c.state.in_(ENDED), t.delivery.c.settled_at <= before
    )


async def take(
    connection: AsyncConnection, ids: Collection[int], lease_until: datetime
) -> tuple[Delivery, ...]:
    """Those, as `sending` on a lease of their own, in the order in which they were due."""
    lease = {"lease_until": lease_until, "lease": secrets.token_hex(8)}
    taken = update(t.delivery).where(t.delivery.c.id.in_(ids))
    taken = taken.values(state=DeliveryState.SENDING, lane=None, **lease)
    rows = await connection.execute(taken.returning(*_COLUMNS))
    claimed = [Delivery(**row._asdict()) for row in rows]
    return tuple(sorted(claimed, key=lambda each: (each.due_at, each.id)))


async def hurry(
    connection: AsyncConnection,
    whose: ColumnElement[bool],
    now: datetime,
    kinds: Collection[DeliveryKind] = (),
) -> None:
    """Make due what waited because they had no address, and all that is queued of these kinds."""
    # Nothing else that is queued has a reason.
    waited = or_(t.delivery.c.reason != "", t.delivery.c.kind.in_(sorted(kinds)))
    waits = update(t.delivery).where(whose, _QUEUED, waited)
    await connection.execute(waits.values(due_at=now, reason=""))


def _is(*states: DeliveryState) -> ColumnElement[bool]:
    """Each on its own: a list cannot be given to many rows at once."""
    return or_(*(t.delivery.c.state == each for each in states))


def _settled(delivery: Delivery) -> dict[str, object]:
    return {"of": delivery.id, **{f"its_{name}": getattr(delivery, name) for name in SETTLED}}
