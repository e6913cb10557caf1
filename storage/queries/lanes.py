"""Lanes in SQL: the queues of due deliveries, one a workspace, with one rate limit for all processes together.

A delivery is put into a lane when it falls due, not when it is owed, since members connect, move and leave in the
weeks between; it leaves the lane when it is claimed. So a change of address need not update deliveries. A message may
be counted in the lane of a workspace that its receiver has just left, which does no harm: a lane decides when a message
is sent, not where. A member without an address waits in a lane of their school's workspace, where they are looked up.

The rate limit is a GCRA (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). The messages already sent use
up the limit until `tat`, the theoretical arrival time. With a gap of 1 s and a burst of 5, a lane that sent 3
messages at 12:00:00 has `tat` 12:00:03 and may send 2 more at once; at 12:00:03 it may send 5 again.

A lane with `ready_at` NULL is idle: nothing waits in it. Deliveries are locked before lanes, so that a process that
lines deliveries up waits for a worker that is making the lane idle, and makes it active afterwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, bindparam, delete, func, or_, select, text, union_all, update

from bot.model import ALL_LANES, NO_LIMIT, Delivery, LaneFilter, Limit
from storage import tables as t
from storage.queries.base import Queries, batches
from storage.queries.delivery_statements import start_sending

_UNLINED = text("delivery.state = 'queued' AND delivery.lane IS NULL")
_LINED_UP = text("delivery.state = 'queued' AND delivery.lane IS NOT NULL")
_ACTIVE = text("lane.ready_at IS NOT NULL")
NO_WORKSPACE = ("", "")
"""The platform and workspace of members who have none; their deliveries are settled without a platform."""
LINED_UP_AT_ONCE = 500
LANES_AT_ONCE = 8
"""Few, so that other workers find lanes that are not locked (measured)."""
LONGEST_HOLD = timedelta(hours=1)
"""No platform asks us to wait longer: a later time was written while the clock was ahead."""
MILLISECOND = timedelta(milliseconds=1)


class SqlLanes(Queries):
    """The lanes."""

    async def line_up(self, now: datetime, limits: Mapping[str, Limit]) -> int:
        """Put due deliveries into lanes, activate the lanes, and return how many, at most `LINED_UP_AT_ONCE`."""
        due = select(t.delivery.c.id, t.delivery.c.member_id).where(_UNLINED, t.delivery.c.due_at <= now)
        due = due.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(LINED_UP_AT_ONCE)
        rows = (await self._connection.execute(due.with_for_update(skip_locked=True))).all()
        if not rows:
            return 0
        workspaces = await self._workspaces({row.member_id for row in rows})
        lined_up = [
            {"row_id": row.id, "new_lane": lane_name(*workspaces.get(row.member_id, NO_WORKSPACE))}
            for row in rows
        ]
        line = (
            update(t.delivery)
            .where(t.delivery.c.id == bindparam("row_id"))
            .values(lane=bindparam("new_lane"))
        )
        await self._connection.execute(line, lined_up)
        await self._activate({each["new_lane"] for each in lined_up}, now, limits)
        return len(rows)

    async def claim(
        self, now: datetime, lease_until: datetime, limit: int, lanes: LaneFilter = ALL_LANES
    ) -> tuple[Delivery, ...]:
        """Mark deliveries of ready lanes as `sending`, up to each lane's quota, and return them."""
        is_ready = or_(t.lane.c.ready_at <= now, t.lane.c.ready_at > now + LONGEST_HOLD)
        ready = select(t.lane).where(_ACTIVE, is_ready, *_matching(lanes)).order_by(t.lane.c.ready_at)
        ready = ready.limit(LANES_AT_ONCE).with_for_update(skip_locked=True)
        locked = (await self._connection.execute(ready)).all()
        quotas = _quotas(locked, now, limit)
        first = [_oldest_of_lane(name, quota) for name, quota in quotas.items() if quota]
        rows = (await self._connection.execute(union_all(*first))).all() if first else []
        # Rows that a use case has locked are left for the next claim: nobody waits for them while holding lanes.
        free = select(t.delivery.c.id).where(t.delivery.c.id.in_([row.id for row in rows]), _LINED_UP)
        free = free.order_by(t.delivery.c.id).with_for_update(skip_locked=True)
        ids = set((await self._connection.execute(free)).scalars()) if rows else set()
        claimed = await start_sending(self._connection, ids, lease_until) if ids else ()
        waiting = Counter(row.lane for row in rows)
        taken = Counter(row.lane for row in rows if row.id in ids)
        changes = [
            _count_against_limit(
                lane, now, taken[lane.name], is_empty=waiting[lane.name] == taken[lane.name] < quota
            )
            for lane in locked
            if (quota := quotas.get(lane.name)) is not None
        ]
        counted = update(t.lane).where(t.lane.c.name == bindparam("lane_name"))
        counted = counted.values(tat=bindparam("new_tat"), ready_at=bindparam("new_ready_at"))
        if changes:
            await self._connection.execute(counted, changes)
        return claimed

    async def hold(self, platform: str, workspace: str, until: datetime, limits: Mapping[str, Limit]) -> None:
        """Send nothing more to the workspace until then, whether its lane is idle or active."""
        limit = limits.get(platform, NO_LIMIT)
        new = self._insert(t.lane).values(
            name=lane_name(platform, workspace), **_rate(limit), tat=until, ready_at=until
        )
        later = func.max if self._connection.dialect.name == "sqlite" else func.greatest
        latest = later(func.coalesce(t.lane.c.ready_at, until), until)
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_={"ready_at": latest})
        )

    async def next_ready(self, lanes: LaneFilter = ALL_LANES) -> datetime | None:
        """Return when the next of the lanes is ready."""
        first = (
            select(t.lane.c.ready_at).where(_ACTIVE, *_matching(lanes)).order_by(t.lane.c.ready_at).limit(1)
        )
        ready_at: datetime | None = await self._connection.scalar(first)
        return ready_at

    async def prune(self, before: datetime) -> int:
        """Delete lanes that have been idle since then, and return how many.

        Nothing waits in them, and activating one creates it again. A lane that another transaction is activating is
        kept: this waits for its lock, and then sees that it is active.
        """
        idle = delete(t.lane).where(t.lane.c.ready_at.is_(None), t.lane.c.tat <= before)
        return (await self._connection.execute(idle)).rowcount

    async def _activate(self, names: Collection[str], now: datetime, limits: Mapping[str, Limit]) -> None:
        """Activate the lanes, even those that look active: another worker may be making one idle."""
        rows = [
            {"name": name, **_rate(limits.get(name.partition(":")[0], NO_LIMIT)), "tat": now, "ready_at": now}
            for name in sorted(names)  # in one order, so that two workers cannot deadlock
        ]
        new = self._insert(t.lane)
        rate = {"gap_ms": new.excluded.gap_ms, "burst": new.excluded.burst}
        activated = {"ready_at": func.coalesce(t.lane.c.ready_at, new.excluded.ready_at)}
        await self._connection.execute(
            new.on_conflict_do_update(index_elements=["name"], set_=rate | activated), rows
        )

    async def _workspaces(self, member_ids: Collection[int]) -> Mapping[int, tuple[str, str]]:
        """Return the platform and workspace in which each member is written to, or will be looked up."""
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


def _matching(lanes: LaneFilter) -> Iterator[ColumnElement[bool]]:
    if lanes.platform:
        yield t.lane.c.name.startswith(lane_name(lanes.platform, ""), autoescape=True)
    for platform in lanes.except_platforms:
        yield ~t.lane.c.name.startswith(lane_name(platform, ""), autoescape=True)
    if lanes.except_workspaces:
        yield t.lane.c.name.not_in([lane_name(lanes.platform, each) for each in lanes.except_workspaces])


def lane_name(platform: str, workspace: str) -> str:
    """Return a lane's name, such as `slack:T123`."""
    return f"{platform}:{workspace}"


def _oldest_of_lane(name: str, quota: int) -> Any:
    """Select the oldest deliveries of a lane.

    There is no `due_at <= now`: they were due when they were lined up, and must be sent even if the clock is set back.
    """
    waits = select(t.delivery.c.id, t.delivery.c.lane).where(_LINED_UP, t.delivery.c.lane == name)
    waits = waits.order_by(t.delivery.c.due_at, t.delivery.c.id).limit(quota)
    return select(waits.subquery())


def _quotas(lanes: Sequence[Row[*tuple[Any, ...]]], now: datetime, limit: int) -> Mapping[str, int]:
    """Return how many may be taken from each lane: `limit` in all, in equal shares."""
    quotas: dict[str, int] = {}
    share = -(-limit // max(1, len(lanes)))
    for lane in lanes:
        left = limit - sum(quotas.values())
        if left <= 0:
            break
        quotas[lane.name] = min(left, share, _allowed(lane, now))
    return quotas


def _allowed(lane: Row[*tuple[Any, ...]], now: datetime) -> int:
    """Return how many messages the lane's rate limit allows now."""
    if not lane.gap_ms:
        return LINED_UP_AT_ONCE
    backlog = -(-max(_tat(lane, now) - now, timedelta()) // (lane.gap_ms * MILLISECOND))
    return max(0, int(lane.burst) - int(backlog))


def _count_against_limit(
    lane: Row[*tuple[Any, ...]], now: datetime, taken: int, *, is_empty: bool
) -> Mapping[str, object]:
    """Return the lane's columns after `taken` messages; an empty lane becomes idle."""
    gap = lane.gap_ms * MILLISECOND
    tat = max(_tat(lane, now), now) + taken * gap
    ready_at = max(now, tat - (lane.burst - 1) * gap)
    return {"lane_name": lane.name, "new_tat": tat, "new_ready_at": None if is_empty else ready_at}


def _tat(lane: Row[*tuple[Any, ...]], now: datetime) -> datetime:
    """Return the lane's `tat`, at most a burst ahead: a later one was written while the clock was ahead."""
    tat: datetime = lane.tat
    latest: datetime = now + lane.burst * lane.gap_ms * MILLISECOND
    return min(tat, latest)


def _rate(limit: Limit) -> Mapping[str, int]:
    return {"gap_ms": limit.gap // MILLISECOND, "burst": limit.burst}
