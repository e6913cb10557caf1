"""Queries about check-ins and answers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, delete, func, select, update

from bot.model import Answer, CheckIn, CheckInState, Share
from storage import tables as t
from storage.drivers.at_rest import mark_erased
from storage.queries.base import Queries, batches, columns, values

_CHECK_INS = select(*columns(t.check_in, CheckIn)).order_by(t.check_in.c.due_at, t.check_in.c.id)
_ANSWERS = select(*columns(t.answer, Answer))
_ASKED = (CheckInState.OPEN, CheckInState.ANSWERED)


class SqlCheckIns(Queries):
    """Queries about check-ins and answers."""

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

    async def answer(self, answer: Answer) -> None:
        """Store an answer in place of an earlier one to the same question, whose `given_at` is kept."""
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
        mark_erased(self._connection)
        taken = delete(t.answer).where(t.answer.c.check_in_id == check_in_id)
        await self._connection.execute(taken.where(t.answer.c.question == question) if question else taken)

    async def answers_of(self, cycle_id: int, member_id: int) -> Mapping[str, tuple[Answer, ...]]:
        """Return a member's answers in a cycle, by step."""
        return (await self.answers_of_members(cycle_id, [member_id])).get(member_id, {})

    async def answers_of_members(
        self, cycle_id: int, member_ids: Collection[int]
    ) -> Mapping[int, Mapping[str, tuple[Answer, ...]]]:
        """Return members' answers in a cycle, by member and step."""
        of_members: defaultdict[int, dict[str, tuple[Answer, ...]]] = defaultdict(dict)
        for ids in batches(set(member_ids)):
            given = select(*columns(t.answer, Answer), t.check_in.c.member_id, t.check_in.c.step)
            given = given.join_from(t.answer, t.check_in)
            given = given.where(t.check_in.c.member_id.in_(ids), t.check_in.c.cycle_id == cycle_id)
            rows = await self._connection.execute(given.order_by(t.answer.c.given_at, t.answer.c.question))
            for row in rows:
                facts = row._asdict()
                by_step, step = of_members[facts.pop("member_id")], facts.pop("step")
                by_step[step] = (*by_step.get(step, ()), Answer(**facts))
        return of_members

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
