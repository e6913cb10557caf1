"""Queries about check-ins and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, and_, bindparam, delete, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import Answer, CheckIn, CheckInState, Cycle, Delivery, DeliveryKind, Share
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.base import Queries, batches, columns, values
from storage.queries.cycles import SqlCycles
from storage.queries.deliveries import SqlDeliveries
from storage.queries.delivery_statements import last_sent_id

_CHECK_INS = select(*columns(t.check_in, CheckIn)).order_by(t.check_in.c.due_at, t.check_in.c.id)
_ANSWERS = select(*columns(t.answer, Answer))
_ASKED = (CheckInState.OPEN, CheckInState.ANSWERED)
_CHECK_IN, _ANSWER, _LAST = (
    columns(t.check_in, CheckIn),
    columns(t.answer, Answer),
    columns(t.delivery, Delivery),
)
_CYCLE = [*columns(t.cycle, Cycle), t.cycle.c.pack_fingerprint]
_OWED = t.delivery.alias()
_WAS_OWED = (
    exists()
    .where(_OWED.c.subject_id == t.check_in.c.id, _OWED.c.kind == DeliveryKind.SHARED_ANSWER)
    .label("was_owed")
)


class SqlCheckIns(Queries):
    """Queries about check-ins and answers."""

    def __init__(self, connection: AsyncConnection, cycles: SqlCycles, deliveries: SqlDeliveries) -> None:
        super().__init__(connection)
        self._cycles = cycles
        self._deliveries = deliveries
        self._given: dict[tuple[int, int], Mapping[str, tuple[Answer, ...]]] = {}
        """Answers by cycle and member read once in a transaction, until any is changed."""

    async def add(self, check_ins: Sequence[CheckIn]) -> tuple[CheckIn, ...]:
        """Add check-ins that do not exist yet for their step and member; return the added ones with ids."""
        if not check_ins:
            return ()
        new = self._insert(t.check_in).on_conflict_do_nothing(
            index_elements=["cycle_id", "step", "member_id"]
        )
        rows = await self._connection.execute(
            new.returning(*columns(t.check_in, CheckIn)), [values(each, "id") for each in check_ins]
        )
        added = [CheckIn(**row._asdict()) for row in rows]
        return tuple(sorted(added, key=lambda each: each.id))

    async def get(self, check_in_id: int) -> CheckIn | None:
        return (await self.many([check_in_id])).get(check_in_id)

    async def many(self, check_in_ids: Collection[int]) -> Mapping[int, CheckIn]:
        found: dict[int, CheckIn] = {}
        for ids in batches(set(check_in_ids)):
            found |= {
                each.id: each for each in await self._all(CheckIn, _CHECK_INS.where(t.check_in.c.id.in_(ids)))
            }
        return found

    async def save(self, check_in: CheckIn) -> None:
        """Write pairing_id, due_at, closes_at, state, asking, suggested_at, held_until."""
        await self.save_all([check_in])

    async def save_all(self, check_ins: Sequence[CheckIn]) -> None:
        """Write what may change of several check-ins."""
        rows = [
            values(each, "id", "cycle_id", "member_id", "step") | {"row_id": each.id} for each in check_ins
        ]
        if rows:
            row = update(t.check_in).where(t.check_in.c.id == bindparam("row_id"))
            await self._connection.execute(row, rows)

    async def open(self, asking: Mapping[int, str]) -> None:
        """Open planned check-ins that have reached their owners; leave those whose state has changed meanwhile."""
        planned = update(t.check_in).where(
            t.check_in.c.id == bindparam("row_id"), t.check_in.c.state == CheckInState.PLANNED
        )
        opened = planned.values(state=CheckInState.OPEN, asking=bindparam("question"))
        rows = [{"row_id": each, "question": question} for each, question in sorted(asking.items())]
        if rows:
            await self._connection.execute(opened, rows)

    async def of_member(self, cycle_id: int, member_id: int) -> tuple[CheckIn, ...]:
        """Return a member's check-ins by due time."""
        return await self.of_members(cycle_id, [member_id])

    async def of_members(self, cycle_id: int, member_ids: Collection[int]) -> tuple[CheckIn, ...]:
        """Return several members' check-ins; those of one member are by due time."""
        found: list[CheckIn] = []
        for ids in batches(set(member_ids)):
            theirs = _CHECK_INS.where(t.check_in.c.member_id.in_(ids), t.check_in.c.cycle_id == cycle_id)
            found += await self._all(CheckIn, theirs)
        return tuple(found)

    async def of_cycle(self, cycle_id: int) -> tuple[CheckIn, ...]:
        """Return a cycle's check-ins by due time."""
        return await self._all(CheckIn, _CHECK_INS.where(t.check_in.c.cycle_id == cycle_id))

    async def of_pairing(self, pairing_id: int, step: str) -> tuple[CheckIn, ...]:
        """Return one check-in for each member of the pairing."""
        of_step = _CHECK_INS.where(t.check_in.c.pairing_id == pairing_id, t.check_in.c.step == step)
        return await self._all(CheckIn, of_step)

    async def open_for(self, member_id: int, now: datetime) -> tuple[CheckIn, ...]:
        """Return the member's check-ins that are open or answered and not closed yet, oldest first."""
        theirs = _CHECK_INS.where(t.check_in.c.member_id == member_id, t.check_in.c.state.in_(_ASKED))
        return await self._all(CheckIn, theirs.where(t.check_in.c.closes_at > now))

    async def open_with_facts(self, member_id: int, now: datetime) -> tuple[CheckIn, ...]:
        """Return the same as `open_for`, and read what typed text is about in the same statement.

        Later queries of this transaction then know the cycles, the member's answers in them, the delivery that was
        sent last, and of which check-ins no answer was ever owed to a partner.
        """
        open_now = t.check_in.alias()
        is_open = and_(
            open_now.c.member_id == member_id, open_now.c.state.in_(_ASKED), open_now.c.closes_at > now
        )
        facts = (
            select(*_CHECK_IN, *_CYCLE, *_ANSWER, *_LAST, _WAS_OWED)
            .select_from(t.check_in)
            .join(t.cycle, t.cycle.c.id == t.check_in.c.cycle_id)
            .outerjoin(t.answer, t.answer.c.check_in_id == t.check_in.c.id)
            .outerjoin(t.delivery, t.delivery.c.id == last_sent_id(member_id))
            .where(
                t.check_in.c.member_id == member_id,
                t.check_in.c.cycle_id.in_(select(open_now.c.cycle_id).where(is_open)),
            )
            .order_by(t.check_in.c.due_at, t.check_in.c.id)
        )
        found: dict[int, CheckIn] = {}
        given: defaultdict[int, list[tuple[str, Answer]]] = defaultdict(list)
        for row in await self._connection.execute(facts):
            parts = iter(row)
            check_in = CheckIn(**_take(_CHECK_IN, parts))
            cycle, answer, last = _take(_CYCLE, parts), _take(_ANSWER, parts), _take(_LAST, parts)
            if check_in.id not in found:
                found[check_in.id] = check_in
                self._cycles.remember(cycle)
                self._deliveries.remember_last_sent(member_id, Delivery(**last) if last["id"] else None)
                if not next(parts):
                    self._deliveries.remember_none(DeliveryKind.SHARED_ANSWER, check_in.id)
            if answer["question"] is not None:
                given[check_in.cycle_id].append((check_in.step, Answer(**answer)))
        for cycle_id in {each.cycle_id for each in found.values()}:
            self._given[cycle_id, member_id] = _by_step(given[cycle_id])
        return tuple(each for each in found.values() if each.state in _ASKED and each.closes_at > now)

    async def answer(self, answer: Answer) -> None:
        """Store an answer in place of an earlier one to the same question, whose `given_at` is kept."""
        self._given.clear()
        row = self._insert(t.answer).values(values(answer))
        edited_at = func.coalesce(row.excluded.edited_at, row.excluded.given_at)
        changed = {
            "text": answer.text,
            "share": answer.share,
            "language": answer.language,
            "message": answer.message,
        }
        keys = list(t.answer.primary_key)
        await self._connection.execute(
            row.on_conflict_do_update(index_elements=keys, set_={**changed, "edited_at": edited_at})
        )

    async def typed_in(self, member_id: int, message: str) -> tuple[Answer, ...]:
        """Return the answers that a member typed in that chat message."""
        found = _ANSWERS.join_from(t.answer, t.check_in).where(t.check_in.c.member_id == member_id)
        return await self._all(Answer, found.where(t.answer.c.message == message))

    async def answers(self, check_in_id: int) -> tuple[Answer, ...]:
        """Return a check-in's answers in the order in which they were first given."""
        theirs = _ANSWERS.where(t.answer.c.check_in_id == check_in_id)
        return await self._all(Answer, theirs.order_by(t.answer.c.given_at, t.answer.c.question))

    async def take_back(self, check_in_id: int, question: str | None = None) -> None:
        """Delete the answers of a check-in, or that to one question."""
        self._given.clear()
        mark_erased(self._connection)
        taken = delete(t.answer).where(t.answer.c.check_in_id == check_in_id)
        await self._connection.execute(taken.where(t.answer.c.question == question) if question else taken)

    async def answers_of(self, cycle_id: int, member_id: int) -> Mapping[str, tuple[Answer, ...]]:
        """Return a member's answers in a cycle, by step."""
        if (cycle_id, member_id) in self._given:
            return self._given[cycle_id, member_id]
        return (await self.answers_of_members(cycle_id, [member_id])).get(member_id, {})

    async def answers_of_members(
        self, cycle_id: int, member_ids: Collection[int]
    ) -> Mapping[int, Mapping[str, tuple[Answer, ...]]]:
        """Return members' answers in a cycle, by member and step."""
        of_members: defaultdict[int, list[tuple[str, Answer]]] = defaultdict(list)
        for ids in batches(set(member_ids)):
            given = select(*columns(t.answer, Answer), t.check_in.c.member_id, t.check_in.c.step)
            given = given.join_from(t.answer, t.check_in)
            given = given.where(t.check_in.c.member_id.in_(ids), t.check_in.c.cycle_id == cycle_id)
            for row in await self._connection.execute(given):
                facts = row._asdict()
                of_members[facts.pop("member_id")].append((facts.pop("step"), Answer(**facts)))
        return {member_id: _by_step(given_by) for member_id, given_by in of_members.items()}

    async def due_by_step(self, cycle_id: int) -> Mapping[str, tuple[datetime, datetime]]:
        """Return the first and the last due time of each step."""
        due = t.check_in.c.due_at
        steps = select(t.check_in.c.step, func.min(due), func.max(due))
        steps = steps.where(t.check_in.c.cycle_id == cycle_id).group_by(t.check_in.c.step)
        return {step: (first, last) for step, first, last in await self._connection.execute(steps)}

    async def pool(self, cycle_id: int, step: str, share: Share) -> tuple[tuple[int, Answer], ...]:
        """Return (member id, answer) for everything that was shared that way in a step."""
        given = select(*columns(t.answer, Answer), t.check_in.c.member_id).join_from(t.answer, t.check_in)
        given = given.where(
            t.check_in.c.cycle_id == cycle_id,
            t.check_in.c.step == step,
            t.check_in.c.state
            == CheckInState.ANSWERED,  # an answer that was never submitted must not be read
            t.answer.c.share == share,
        )
        rows = await self._connection.execute(given.order_by(t.check_in.c.member_id, t.answer.c.question))
        pool = []
        for row in rows:
            columns_of_row = row._asdict()
            pool.append((columns_of_row.pop("member_id"), Answer(**columns_of_row)))
        return tuple(pool)


def _take(names: Sequence[Column[Any]], row: Iterator[Any]) -> dict[str, Any]:
    """Take as many values from a row as there are columns, and return them by name."""
    return {column.name: next(row) for column in names}


def _by_step(given: Iterable[tuple[str, Answer]]) -> Mapping[str, tuple[Answer, ...]]:
    """Return answers by step, in the order in which they were first given."""
    by_step: defaultdict[str, list[Answer]] = defaultdict(list)
    for step, answer in sorted(given, key=lambda each: (each[1].given_at, each[1].question)):
        by_step[step].append(answer)
    return {step: tuple(answers) for step, answers in by_step.items()}
