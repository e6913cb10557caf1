"""The lanes on which deliveries wait for their workspace's turn, in SQL: one pace for all processes together.

A delivery gets its lane when it falls due, not when it is owed: twelve weeks pass between, and people connect, move and
leave. It loses it when it is claimed. So no change of an address need look for rows to mend; in the moment between, a
message may be charged to a lane that its owner has just left, which costs nobody anything: lanes are a pace, not a
route. Who has no address yet waits in the lane of a workspace of their school, where they will be looked for.

Each lane is a GCRA (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm): `tat` is when what was taken will be
paid for. Rows first, lane second: who lines up waits for whoever puts the lane to sleep, and wakes it after.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, or_, select, text, union_all, update

from bot.model import ALL_LANES, NO_LIMIT, Delivery, LaneFilter, Limit
from storage import tables as t
from storage.queries.base import Noun, batches
from storage.queries.deliveries import take

_UNLINED = text("delivery.state = 'queued' AND delivery.lane IS NULL")
_LINED_UP = text("delivery.state = 'queued' AND delivery.lane IS NOT NULL")
_AWAKE = text("lane.ready_at IS NOT NULL")
NOWHERE = ("", "")
"""The lane of those who have no workspace at all: what becomes of theirs is decided without a platform."""
LINED_UP_AT_ONCE = 500
LANES_AT_ONCE = 8
"""Few, so that other workers find some that are free (measured)."""
FAR = timedelta(hours=1)
"""No platform asks for more patience: what is later was written while the clock was ahead."""
MILLISECOND = timedelta(milliseconds=1)


class SqlLanes(Noun):
    """Whose turn it is."""

    async def line_up(self, now: datetime, limits: Mapping[str, Limit]) -> int:
        """Give what is due its lane, and wake the lanes; how many, up to some hundreds. Limits are by platform."""
        due = select(t.delivery.c.id, t.delivery.c.member_id).where(_UNLINED, t.delivery.c.due_at <= now)
        due = due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(LINED_UP_AT_ONCE)
        rows = (await self._connection.execute(due.with_for_update(skip_locked=True))).all()
        if not rows:
            return 0
        places = await self._places({row.member_id for row in rows})
        lined_up = [
            {"of": row.id, "lined_up_in": lane_name(*places.get(row.member_id, NOWHERE))} for row in rows
        ]
        line = (
            update(t.delivery).where(t.delivery.c.id == bindparam("of")).values(lane=bindparam("lined_up_in"))
        )
        await self._connection.execute(line, lined_up)
        await self._wake({each["lined_up_in"] for each in lined_up}, now, limits)
        return len(rows)

    async def claim(
        self, now: datetime, lease_until: datetime, limit: int, which: LaneFilter = ALL_LANES
    ) -> tuple[Delivery, ...]:
        """Take what is whose turn it is, as `sending`, up to each lane's quota; the lanes are charged."""
        is_ready = or_(t.lane.c.ready_at <= now, t.lane.c.ready_at > now + FAR)
        ready = select(t.lane).where(_AWAKE, is_ready, *_those(which)).order_by(t.lane.c.ready_at)
        ready = ready.limit(LANES_AT_ONCE).with_for_update(skip_locked=True)
        lanes = (await self._connection.execute(ready)).all()
        quotas = _shared_out(lanes, now, limit)
        first = [_first_of_lane(name, quota) for name, quota in quotas.items() if quota]
        rows = (await self._connection.execute(union_all(*first))).all() if first else []
        # What a use case holds at this moment is left for the next look: nobody waits for it with lanes in hand.
        free = select(t.delivery.c.id).where(t.delivery.c.id.in_([row.id for row in rows]), _LINED_UP)
        free = free.order_by(t.delivery.c.id).with_for_update(skip_locked=True)
        ids = set((await self._connection.execute(free)).scalars()) if rows else set()
        claimed = await take(self._connection, ids, lease_until) if ids else ()
        waiting = Counter(row.lane for row in rows)
        went = Counter(row.lane for row in rows if row.id in ids)
        charged = [
            _charged(lane, now, went[lane.name], is_empty=waiting[lane.name] == went[lane.name] < quota)
            for lane in lanes
            if (quota := quotas.get(lane.name)) is not None
        ]
        charge = update(t.lane).where(t.lane.c.name == bindparam("of"))
        charge = charge.values(tat=bindparam("paid_at"), ready_at=bindparam("again_at"))
        if charged:
            await self._connection.execute(charge, charged)
        return claimed

    async def hold(self, platform: str, workspace: str, until: datetime, limits: Mapping[str, Limit]) -> None:
        """Nothing more for that workspace until then, whether its lane sleeps or not."""
        limit = limits.get(platform, NO_LIMIT)
        new = self._insert(t.lane).values(
            name=lane_name(platform, workspace), **_pace(limit), tat=until, ready_at=until
        )
        later = func.max if self._connection.dialect.name == "sqlite" else func.greatest
        pushed = later(func.coalesce(t.lane.c.ready_at, until), until)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"ready_at": pushed})
        )

    async def next_ready(self, which: LaneFilter = ALL_LANES) -> datetime | None:
        """When the next lane has a turn for what waits in it."""
        first = select(t.lane.c.ready_at).where(_AWAKE, *_those(which)).order_by(t.lane.c.ready_at).limit(1)
        ready_at: datetime | None = await self._connection.scalar(first)
        return ready_at

    async def prune(self, before: datetime) -> int:
        """Forget lanes that have slept since then; how many.

        Nothing waits in a lane that sleeps, and what was taken is paid for: waking makes the same one anew. Whoever
        wakes it at this moment is waited for, and then it sleeps no more.
        """
        asleep = delete(t.lane).where(t.lane.c.ready_at.is_(None), t.lane.c.tat <= before)
        return (await self._connection.execute(asleep)).rowcount

    async def _wake(self, names: Collection[str], now: datetime, limits: Mapping[str, Limit]) -> None:
        """Always, asleep or not: a lane that is going to sleep at this moment still looks awake from here."""
        rows = [
            {"name": name, **_pace(limits.get(name.partition(":")[0], NO_LIMIT)), "tat": now, "ready_at": now}
            for name in sorted(names)  # in one order, so that two who wake never wait in a circle
        ]
        new = self._insert(t.lane)
        paced = {"gap_ms": new.excluded.gap_ms, "burst": new.excluded.burst}
        woken = {"ready_at": func.coalesce(t.lane.c.ready_at, new.excluded.ready_at)}
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_=paced | woken), rows
        )

    async def _places(self, member_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """Where each is written to, or will be looked for: platform and workspace."""
        a, w, s = t.address, t.workspace, t.workspace_school
        found: dict[int, tuple[str, str]] = {}
        for ids in batches(member_ids):
            live = select(a.c.member_id, a.c.platform, a.c.workspace).where(a.c.member_id.in_(ids), a.c.live)
            newest = live.order_by(a.c.last_used_at.desc(), a.c.platform)
            for member_id, platform, workspace in await self._connection.execute(newest):
                found.setdefault(member_id, (platform, workspace))
            linked = (
                select(t.post.c.member_id, w.c.platform, w.c.id)
                .join(s, s.c.school_id == t.post.c.school_id)
                .join(w, and_(w.c.platform == s.c.platform, w.c.id == s.c.workspace_id))
                .where(t.post.c.member_id.in_(set(ids) - found.keys()), w.c.gone_at.is_(None))
                .order_by(t.post.c.school_id, w.c.platform, w.c.id)
            )
            for member_id, platform, workspace in await self._connection.execute(linked):
                found.setdefault(member_id, (platform, workspace))
        return found


def _those(which: LaneFilter) -> Iterator[ColumnElement[bool]]:
    if which.platform:
        yield t.lane.c.name.startswith(lane_name(which.platform, ""), autoescape=True)
    for platform in which.except_platforms:
        yield ~t.lane.c.name.startswith(lane_name(platform, ""), autoescape=True)
    if which.except_workspaces:
        yield t.lane.c.name.not_in([lane_name(which.platform, each) for each in which.except_workspaces])


def lane_name(platform: str, workspace: str) -> str:
    """`slack:T123`."""
    return f"{platform}:{workspace}"


def _first_of_lane(name: str, quota: int) -> Any:
    """The ids that have waited longest there. Due or not, they were: a clock that jumps back puts nothing to sleep."""
    waits = select(t.delivery.c.id, t.delivery.c.lane).where(_LINED_UP, t.delivery.c.lane == name)
    waits = waits.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(quota)
    return select(waits.subquery())


def _shared_out(lanes: Sequence[Row[*tuple[Any, ...]]], now: datetime, limit: int) -> Mapping[str, int]:
    """How many may go from each lane, in their order, until there are `limit`; none takes another's share."""
    quotas: dict[str, int] = {}
    share = -(-limit // max(1, len(lanes)))
    for lane in lanes:
        room = limit - sum(quotas.values())
        if room <= 0:
            break
        quotas[lane.name] = min(room, share, _allowed(lane, now))
    return quotas


def _allowed(lane: Row[*tuple[Any, ...]], now: datetime) -> int:
    if not lane.gap_ms:
        return LINED_UP_AT_ONCE
    owing = -(-max(_paid_at(lane, now) - now, timedelta()) // (lane.gap_ms * MILLISECOND))
    return max(0, int(lane.burst) - int(owing))


def _charged(
    lane: Row[*tuple[Any, ...]], now: datetime, taken: int, *, is_empty: bool
) -> Mapping[str, object]:
    """What the lane owes for what was taken, and when it is asked again: never, while it holds nothing more."""
    gap = lane.gap_ms * MILLISECOND
    tat = max(_paid_at(lane, now), now) + taken * gap
    again_at = max(now, tat - (lane.burst - 1) * gap)
    return {"of": lane.name, "paid_at": tat, "again_at": None if is_empty else again_at}


def _paid_at(lane: Row[*tuple[Any, ...]], now: datetime) -> datetime:
    """No lane owes more than its burst: what is later was written while the clock was ahead."""
    tat: datetime = lane.tat
    latest: datetime = now + lane.burst * lane.gap_ms * MILLISECOND
    return min(tat, latest)


def _pace(limit: Limit) -> Mapping[str, int]:
    return {"gap_ms": limit.gap // MILLISECOND, "burst": limit.burst}
