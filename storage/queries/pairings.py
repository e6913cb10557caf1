"""Queries about pairings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from sqlalchemy import ColumnElement, RowMapping, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Pairing, PairingState, Reason, Seat
from bot.ports import NewPairing
from storage import tables as t
from storage.queries.base import Queries, batches
from storage.queries.members import SqlMembers
from storage.queries.rows import member_from

_PAIRINGS_AND_SEATS = (
    select(t.pairing, t.seat.c.member_id, t.seat.c.school_id)
    .join_from(t.pairing, t.seat)
    .order_by(t.pairing.c.number, t.pairing.c.id, t.seat.c.place)
)
_PAIRINGS_AND_MEMBERS = (
    select(
        *t.pairing.c, t.seat.c.member_id, t.seat.c.school_id, *t.member.c, t.post.c.role, t.post.c.school_id
    )
    .select_from(t.pairing)
    .join(t.seat, t.seat.c.pairing_id == t.pairing.c.id)
    .join(t.member, t.member.c.id == t.seat.c.member_id)
    .outerjoin(t.post, t.post.c.member_id == t.member.c.id)
    .order_by(t.seat.c.place, t.post.c.position)
)


class SqlPairings(Queries):
    """Queries about pairings; each pairing is read once in a transaction, until any is changed."""

    def __init__(self, connection: AsyncConnection, members: SqlMembers) -> None:
        super().__init__(connection)
        self._members = members
        self._known: dict[int, Pairing] = {}

    async def propose(
        self, cycle_id: int, pairings: Sequence[NewPairing], now: datetime
    ) -> tuple[Pairing, ...]:
        """Replace the cycle's proposals by these, numbered from 1 or after its live pairings."""
        self._known.clear()
        number = await self._next_number(cycle_id, except_state=PairingState.PROPOSED)
        await self._connection.execute(delete(t.pairing).where(_proposed_in(cycle_id)))
        await self._insert_pairings(cycle_id, pairings, PairingState.PROPOSED, number, now)
        return await self._pairings(_proposed_in(cycle_id))

    async def confirm(self, cycle_id: int, now: datetime) -> None:
        """Make every proposal live."""
        self._known.clear()
        proposed = select(t.pairing.c.id).where(_proposed_in(cycle_id))
        await self._connection.execute(
            update(t.seat).where(t.seat.c.pairing_id.in_(proposed)).values(live=True)
        )
        live = update(t.pairing).where(_proposed_in(cycle_id))
        await self._connection.execute(live.values(state=PairingState.LIVE, live_since=now))

    async def add(self, cycle_id: int, pairing: NewPairing, now: datetime) -> Pairing:
        """Add one live pairing."""
        number = await self._next_number(cycle_id)
        await self._insert_pairings(cycle_id, [pairing], PairingState.LIVE, number, now)
        added = await self._pairings(t.pairing.c.cycle_id == cycle_id, t.pairing.c.number == number)
        return added[0]

    async def add_third(self, pairing_id: int, seat: Seat) -> None:
        """Add a third member to a live pairing."""
        kept = await self.get(pairing_id)
        self._known.clear()
        await self._connection.execute(
            insert(t.seat).values(_seat_row(pairing_id, kept.cycle_id, len(kept.seats) + 1, seat, kept.state))
        )

    async def end(self, pairing_id: int, now: datetime) -> None:
        """End a pairing, so that its members are free for another."""
        self._known.clear()
        await self._connection.execute(
            update(t.seat).where(t.seat.c.pairing_id == pairing_id).values(live=False)
        )
        ended = update(t.pairing).where(t.pairing.c.id == pairing_id, t.pairing.c.state != PairingState.ENDED)
        await self._connection.execute(ended.values(state=PairingState.ENDED, ended_at=now))

    async def get(self, pairing_id: int) -> Pairing:
        """Return a pairing. Its members are read with it, because whoever asks for it needs them next."""
        if pairing_id not in self._known:
            one = _PAIRINGS_AND_MEMBERS.where(t.pairing.c.id == pairing_id)
            rows = (await self._connection.execute(one)).mappings().all()
            if not rows:
                raise LookupError("there is no such Pairing")
            by_seat = [list(of_one) for _, of_one in groupby(rows, key=itemgetter(t.member.c.id))]
            self._members.remember(member_from(each) for each in by_seat)
            self._known[pairing_id] = _pairing([each[0] for each in by_seat])
        return self._known[pairing_id]

    async def of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """Return proposed and live pairings by number."""
        return await self._pairings(t.pairing.c.cycle_id == cycle_id, t.pairing.c.state != PairingState.ENDED)

    async def all_of_cycle(self, cycle_id: int) -> tuple[Pairing, ...]:
        """Return all pairings of a cycle, ended ones included."""
        return await self._pairings(t.pairing.c.cycle_id == cycle_id)

    async def of_member(self, cycle_id: int, member_id: int) -> Pairing | None:
        """Return the member's live pairing in the cycle."""
        return (await self.of_members(cycle_id, [member_id])).get(member_id)

    async def of_members(self, cycle_id: int, member_ids: Collection[int]) -> Mapping[int, Pairing]:
        """Return the live pairings of members in the cycle."""
        wanted = set(member_ids)
        of_members: dict[int, Pairing] = {}
        for ids in batches(wanted):
            taken = select(t.seat.c.pairing_id).where(
                t.seat.c.cycle_id == cycle_id, t.seat.c.member_id.in_(ids), t.seat.c.live
            )
            for each in await self._pairings(t.pairing.c.id.in_(taken)):
                self._known[each.id] = each
                of_members |= dict.fromkeys(wanted.intersection(each.member_ids), each)
        return of_members

    async def history(self, partnership_id: int) -> tuple[tuple[int, frozenset[int]], ...]:
        """Return (cycle id, two members) for every pair that was ever live; a trio counts as three pairs."""
        other = t.seat.alias()
        met = (
            select(t.seat.c.cycle_id, t.seat.c.member_id, other.c.member_id.label("partner_id"))
            .join(other, (other.c.pairing_id == t.seat.c.pairing_id) & (other.c.place > t.seat.c.place))
            .join(t.pairing, t.pairing.c.id == t.seat.c.pairing_id)
            .join(t.cycle, t.cycle.c.id == t.seat.c.cycle_id)
            .where(t.cycle.c.partnership_id == partnership_id, t.pairing.c.live_since.is_not(None))
            .order_by(t.seat.c.pairing_id, t.seat.c.place, other.c.place)
        )
        rows = await self._connection.execute(met)
        return tuple((row.cycle_id, frozenset((row.member_id, row.partner_id))) for row in rows)

    async def _pairings(self, *conditions: ColumnElement[bool]) -> tuple[Pairing, ...]:
        rows = (await self._connection.execute(_PAIRINGS_AND_SEATS.where(*conditions))).mappings()
        return tuple(_pairing(list(of_one)) for _, of_one in groupby(rows, key=itemgetter(t.pairing.c.id)))

    async def _next_number(self, cycle_id: int, *, except_state: PairingState | None = None) -> int:
        """Return the next free number of the cycle, which stays locked while the transaction lasts."""
        await self._connection.execute(select(t.cycle.c.id).where(t.cycle.c.id == cycle_id).with_for_update())
        taken = select(func.coalesce(func.max(t.pairing.c.number), 0)).where(t.pairing.c.cycle_id == cycle_id)
        if except_state is not None:
            taken = taken.where(t.pairing.c.state != except_state)
        return int((await self._connection.execute(taken)).scalar_one()) + 1

    async def _insert_pairings(
        self, cycle_id: int, new: Sequence[NewPairing], state: PairingState, first: int, now: datetime
    ) -> None:
        if not new:
            return
        rows = [
            {
                "cycle_id": cycle_id,
                "number": number,
                "state": state,
                "reasons": [[reason.key, list(map(list, reason.facts))] for reason in each.reasons],
                "created_at": now,
                "live_since": now if state is PairingState.LIVE else None,
            }
            for number, each in enumerate(new, start=first)
        ]
        added = insert(t.pairing).returning(t.pairing.c.id, t.pairing.c.number)
        ids = {row.number: row.id for row in await self._connection.execute(added, rows)}
        seats = [
            _seat_row(ids[number], cycle_id, place, taken, state)
            for number, each in enumerate(new, start=first)
            for place, taken in enumerate(each.seats, start=1)
        ]
        await self._connection.execute(insert(t.seat), seats)


def _proposed_in(cycle_id: int) -> ColumnElement[bool]:
    return (t.pairing.c.cycle_id == cycle_id) & (t.pairing.c.state == PairingState.PROPOSED)


def _seat_row(
    pairing_id: int, cycle_id: int, place: int, taken: Seat, state: PairingState
) -> dict[str, object]:
    return {
        "pairing_id": pairing_id,
        "place": place,
        "cycle_id": cycle_id,
        "member_id": taken.member_id,
        "school_id": taken.school_id,
        "live": state is PairingState.LIVE,
    }


def _pairing(rows: Sequence[RowMapping]) -> Pairing:
    """Build a pairing from one row for each seat."""
    row, c = rows[0], t.pairing.c
    return Pairing(
        id=row[c.id],
        cycle_id=row[c.cycle_id],
        number=row[c.number],
        state=row[c.state],
        seats=tuple(Seat(each[t.seat.c.member_id], each[t.seat.c.school_id]) for each in rows),
        reasons=tuple(
            Reason(key, tuple((name, fact) for name, fact in facts)) for key, facts in row[c.reasons]
        ),
        created_at=row[c.created_at],
        ended_at=row[c.ended_at],
    )
