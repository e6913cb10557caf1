"""Queries about partnerships, schools and their calendars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import delete, insert, null, select, type_coerce, union_all, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.model import DEFAULT_LANGUAGE, Partnership, School
from bot.model.roster import Fault, Roster, RosterChange
from bot.rules.roster_difference import Difference
from bot.rules.school_time import Calendar, Term
from storage import tables as t
from storage.queries.base import Queries, batches, columns, values
from storage.queries.rosters import RosterQueries

_PARTNERSHIPS = select(*columns(t.partnership, Partnership))
_SCHOOLS = select(*columns(t.school, School))
_FACTS = [column for column in columns(t.school, School) if column is not t.school.c.id]


class SqlSchools(Queries):
    """Queries about partnerships, schools and their calendars; each school is read once in a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection)
        self._known: dict[int, School] = {}
        self._of_partnership: dict[int, tuple[School, ...]] = {}
        self._calendars: dict[int, Calendar] = {}

    async def partnership(self, partnership_id: int) -> Partnership:
        return await self._one(Partnership, _PARTNERSHIPS.where(t.partnership.c.id == partnership_id))

    async def partnership_named(self, name: str) -> Partnership | None:
        return await self._first(Partnership, _PARTNERSHIPS.where(t.partnership.c.name == name))

    async def partnerships(self) -> tuple[Partnership, ...]:
        return await self._all(Partnership, _PARTNERSHIPS.order_by(t.partnership.c.id))

    async def add_partnership(self, name: str, language: str = DEFAULT_LANGUAGE) -> Partnership:
        added = insert(t.partnership).values(name=name, language=language).returning(t.partnership.c.id)
        new_id = (await self._connection.execute(added)).scalar_one()
        return Partnership(id=new_id, name=name, language=language)

    async def get(self, school_id: int) -> School:
        if school_id not in self._known:
            self._known[school_id] = await self._one(School, _SCHOOLS.where(t.school.c.id == school_id))
        return self._known[school_id]

    async def of(self, partnership_id: int) -> tuple[School, ...]:
        """Return a partnership's schools by name."""
        if partnership_id not in self._of_partnership:
            found = await self._all(School, _SCHOOLS.where(t.school.c.partnership_id == partnership_id))
            self._known.update((each.id, each) for each in found)
            # Sorted here, because the two databases sort letters differently.
            by_name = sorted(found, key=lambda each: (each.name.casefold(), each.id))
            self._of_partnership[partnership_id] = tuple(by_name)
        return self._of_partnership[partnership_id]

    async def calendar(self, school_id: int) -> Calendar:
        """Return a school's calendar."""
        return (await self.calendars([school_id]))[school_id]

    async def calendars(self, school_ids: Collection[int]) -> Mapping[int, Calendar]:
        """Return the calendars of schools by id, read together."""
        for ids in batches(set(school_ids) - self._calendars.keys()):
            await self._read_calendars(ids)
        return {each: self._calendars[each] for each in school_ids}

    async def _read_calendars(self, school_ids: Collection[int]) -> None:
        """Read schools with their terms and closed days; a row is a school, a term or a closed day."""
        term, closed = t.term.c, t.closed_day.c
        nothing = [null() for _ in _FACTS]
        no_days = [type_coerce(null(), column.type) for column in columns(t.term, Term)]
        days = union_all(
            select(t.school.c.id, *_FACTS, *no_days).where(t.school.c.id.in_(school_ids)),
            select(term.school_id, *nothing, *columns(t.term, Term)).where(term.school_id.in_(school_ids)),
            select(closed.school_id, *nothing, null(), closed.day, closed.day).where(
                closed.school_id.in_(school_ids)
            ),
        )
        terms: defaultdict[int, list[Term]] = defaultdict(list)
        closed_days: defaultdict[int, set[date]] = defaultdict(set)
        for school_id, *facts, title, first, last in await self._connection.execute(days):
            if first is None:
                named = {column.name: fact for column, fact in zip(_FACTS, facts, strict=True)}
                self._known[school_id] = School(id=school_id, **named)
            elif title is None:
                closed_days[school_id].add(first)
            else:
                terms[school_id].append(Term(title, first, last))
        for each in school_ids:
            self._calendars[each] = Calendar(
                time_zone=self._known[each].time_zone,
                terms=tuple(sorted(terms[each], key=lambda term: term.first_day)),
                closed=frozenset(closed_days[each]),
                holidays=self._known[each].holidays,
                opens=self._known[each].opens,
                closes=self._known[each].closes,
                ask_at=self._known[each].ask_at,
            )

    async def set_calendar(self, school_id: int, terms: Sequence[Term], closed: Mapping[date, str]) -> None:
        """Replace a school's terms and closed days (date → reason)."""
        self._clear_cache()
        run = self._connection.execute
        await run(delete(t.term).where(t.term.c.school_id == school_id))
        await run(delete(t.closed_day).where(t.closed_day.c.school_id == school_id))
        if terms:
            await run(insert(t.term), [{"school_id": school_id, **values(each)} for each in terms])
        if closed:
            days = [{"school_id": school_id, "day": day, "reason": why} for day, why in closed.items()]
            await run(insert(t.closed_day), days)

    async def set_settings(self, school: School) -> None:
        """Write a school's zone, holidays, hours and safeguarding lead."""
        settings = values(school, "id", "partnership_id", "source_id", "name")
        await self._connection.execute(update(t.school).where(t.school.c.id == school.id).values(settings))
        self._clear_cache()

    async def unite(self, partnership_id: int, roster: Roster, same: Mapping[str, str]) -> None:
        self._clear_cache()
        await RosterQueries(self._connection).unite(partnership_id, roster, same)

    async def likely_same(self, partnership_id: int, roster: Roster) -> tuple[Fault, ...]:
        return await RosterQueries(self._connection).likely_same(partnership_id, roster)

    async def compare(self, partnership_id: int, roster: Roster) -> Difference:
        return await RosterQueries(self._connection).compare(partnership_id, roster)

    async def apply(
        self,
        partnership_id: int,
        roster: Roster,
        now: datetime,  # noqa: ARG002 - part of the port, for a store that keeps a history
    ) -> tuple[RosterChange, ...]:
        """Import a roster: add, change, and make members inactive who are missing. Nothing is deleted."""
        self._clear_cache()
        rosters = RosterQueries(self._connection)
        difference = await rosters.compare(partnership_id, roster)
        await rosters.write(partnership_id, difference)
        return difference.changes

    def _clear_cache(self) -> None:
        """Make later reads of schools and calendars ask the database again."""
        self._known.clear()
        self._of_partnership.clear()
        self._calendars.clear()
