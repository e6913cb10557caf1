"""The playground's people, and its clock, which moves only when someone moves it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from adapters.playground.messenger import Conversations, PlaygroundMessenger
from adapters.playground.residents import Residents
from adapters.rosters import read_calendar, read_roster
from bot.model import Address, Member, School
from bot.model.roster import Roster
from bot.ports import Store
from bot.prompts import Prompts, Voice
from bot.say import members as say_members
from bot.say import rosters as say_rosters
from bot.use_cases import rosters as imports
from bot.use_cases import schools
from bot.worker import delivery

PLATFORM = "playground"
BEGINS = datetime(2026, 10, 12, 9, 0, tzinfo=ZoneInfo("Europe/London"))
"""A Monday on which every school teaches; a half-term holiday and a clock change lie ahead."""
FEATURED = ("Siân Morgan", "Elin Pugh", "Tama Rewi", "Grace Okafor")
"""The members at the top of the list, to be played first: residents never answer for them."""


class Travel(StrEnum):
    """The steps by which time is moved on."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    NEXT = "next"


AHEAD = {Travel.HOUR: timedelta(hours=1), Travel.DAY: timedelta(days=1), Travel.WEEK: timedelta(weeks=1)}


class World:
    """A fictional partnership on a real store, with its own clock."""

    def __init__(
        self,
        store: Store,
        prompts: Prompts,
        conversations: Conversations,
        messenger: PlaygroundMessenger,
        residents: Residents,
    ) -> None:
        self._store = store
        self._prompts = prompts
        self._voice = prompts.voice(prompts.default_language)
        self._conversations = conversations
        self._messenger = messenger
        self.residents = residents

    async def begin(self, sample: Path) -> None:
        """Import the sample partnership as in real use, unless the store has one already."""
        if await self._conversations.clock() is not None:
            self.residents.played.update(await self._source_ids(FEATURED))
            return
        voice = self._voice
        now = BEGINS.astimezone(ZoneInfo("UTC"))
        await self._apply(self._read(sample / "roster.csv", voice, now), now, dry_run=False)
        async with self._store.transaction() as tx:
            [partnership] = await tx.schools.partnerships()
            for school in await tx.schools.of(partnership.id):
                for file in sorted((sample / "calendars").glob(f"{school.source_id}.*")):
                    found = read_calendar(file, self._prompts.calendar_words)
                    await schools.import_calendar(tx, school, found.terms, found.closed)
        self.residents.played.update(await self._source_ids(FEATURED))
        await self._conversations.set_clock(now)

    def _read(
        self, file: Path, voice: Voice, now: datetime, administrators_are_principals: bool | None = None
    ) -> Roster:
        return read_roster(
            file,
            administrators_are_principals=administrators_are_principals,
            practices=frozenset(voice.keys("practice")),
            phases=frozenset(voice.keys("phase")),
            slots=frozenset(voice.keys("slot")),
            today=now.date(),
        )

    async def _apply(self, roster: Roster, now: datetime, *, dry_run: bool) -> list[str]:
        voice = self._voice
        async with self._store.transaction() as tx:
            changes = await imports.import_roster(
                tx,
                voice.text("play.partnership"),
                roster,
                now,
                dry_run=dry_run,
                identity=imports.Identity(all_others_differ=True),  # the page has no way to answer
            )
            if not dry_run:
                for partnership in await tx.schools.partnerships():
                    schools_by_id = {each.id: each for each in await tx.schools.of(partnership.id)}
                    for member in await tx.members.of(partnership.id):
                        await tx.members.connect(
                            address(member, schools_by_id[member.home_school_id]), member.id, now
                        )
        return say_rosters.report(voice, roster, changes, dry_run=dry_run)

    async def import_roster(
        self, file: Path, *, dry_run: bool, administrators_are_principals: bool | None = None
    ) -> list[str]:
        """Import a roster as `jpd import` does, and return the changes, one line each. Raises `RosterError`."""
        now = await self.now()
        roster = self._read(file, self._voice, now, administrators_are_principals)
        return await self._apply(roster, now, dry_run=dry_run)

    async def _source_ids(self, names: Sequence[str]) -> set[str]:
        return {member.source_id for member, _ in await self.people() if member.name in names}

    async def people(self) -> tuple[tuple[Member, School], ...]:
        """Return everybody with their home school: the featured first, then by school and name."""
        async with self._store.transaction() as tx:
            found = []
            for partnership in await tx.schools.partnerships():
                schools_by_id = {each.id: each for each in await tx.schools.of(partnership.id)}
                found += [
                    (member, schools_by_id[member.home_school_id])
                    for member in await tx.members.of(partnership.id)
                ]
        return tuple(sorted(found, key=_order))

    def roles(self, member: Member) -> str:
        """Return a member's roles as a phrase."""
        return say_members.roles(self._voice, member)

    def take_over(self, member: Member) -> None:
        """Stop acting for this member: a person at the page plays them from now on."""
        self.residents.played.add(member.source_id)

    async def now(self) -> datetime:
        """Return the playground's time."""
        return await self._conversations.clock() or BEGINS

    async def travel(self, how: Travel) -> datetime:
        """Move time on: send all that falls due on the way, let residents answer, and return the new time."""
        now = await self.now()
        target = await self._next_event(now) if how is Travel.NEXT else now + AHEAD[how]
        while (due := await self.next_due()) is not None and due <= target:
            await self._pass_to(max(due, now))
            now = max(due, now)
        await self._pass_to(target)
        return target

    async def _next_event(self, now: datetime) -> datetime:
        due = await self.next_due()
        return max(due, now) if due is not None else now + AHEAD[Travel.DAY]

    async def next_due(self) -> datetime | None:
        """Return the time of the next delivery, or None."""
        async with self._store.transaction() as tx:
            return await tx.deliveries.next_due()

    async def _pass_to(self, now: datetime) -> None:
        await self._conversations.set_clock(now)
        await delivery.run(self._store, self._prompts, {PLATFORM: self._messenger}, now)
        await self.residents.act(now)


def _order(person: tuple[Member, School]) -> tuple[int, str, str, str]:
    member, school = person
    first = FEATURED.index(member.name) if member.name in FEATURED else len(FEATURED)
    return first, school.name, member.family_name, member.given_name


def address(member: Member, school: School) -> Address:
    """Return a member's address: each school is a workspace."""
    return Address(PLATFORM, school.source_id, member.source_id)


def sayings(sample: Path) -> dict[str, tuple[str, ...]]:
    """Return the residents' answers by question."""
    kept = yaml.safe_load((sample / "sayings.en.yaml").read_text(encoding="utf-8"))
    return {key: tuple(lines) for key, lines in kept.items()}
