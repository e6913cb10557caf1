"""Partnerships, schools, people, and the workspaces they are let in from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.model import (
    DEFAULT_LANGUAGE,
    Address,
    Hours,
    LinkCode,
    Member,
    Partnership,
    Profile,
    School,
    Workspace,
)
from bot.model.roster import Roster, RosterChange
from bot.rules.school_time import Calendar, Term


class Schools(Protocol):
    """Partnerships, schools and their calendars."""

    async def partnership(self, partnership_id: int) -> Partnership: ...
    async def partnership_named(self, name: str) -> Partnership | None: ...
    async def partnerships(self) -> tuple[Partnership, ...]: ...
    async def add_partnership(self, name: str, language: str = DEFAULT_LANGUAGE) -> Partnership: ...
    async def get(self, school_id: int) -> School: ...
    async def of(self, partnership_id: int) -> tuple[School, ...]:
        """All schools of a partnership, by name."""

    async def calendar(self, school_id: int) -> Calendar:
        """The school's own calendar: zone, hours, terms, closed days, whose public holidays."""

    async def set_calendar(self, school_id: int, terms: Sequence[Term], closed: Mapping[date, str]) -> None:
        """Replace term dates and closed days (date → reason)."""

    async def set_settings(self, school: School) -> None:
        """Write a school's zone, holidays, hours and safeguarding lead."""

    async def changes(self, partnership_id: int, roster: Roster) -> tuple[RosterChange, ...]:
        """What importing that roster would change, without changing it."""

    async def apply(self, partnership_id: int, roster: Roster, now: datetime) -> tuple[RosterChange, ...]:
        """Import a whole roster: add, change, and make inactive who vanished. Nothing is deleted."""


class Members(Protocol):
    """People, their profiles and where to reach them."""

    async def get(self, member_id: int) -> Member: ...
    async def many(self, member_ids: Collection[int]) -> Mapping[int, Member]: ...
    async def of(self, partnership_id: int) -> tuple[Member, ...]:
        """All active members, by family name."""

    async def at(self, address: Address, now: datetime) -> Member | None:
        """Whose address that is; also keeps the newest `route` and the moment it was used."""

    async def by_email(self, email: str) -> tuple[Member, ...]: ...
    async def connect(self, address: Address, member_id: int, now: datetime) -> None:
        """Remember (or move) an address."""

    async def disconnect(self, address: Address, now: datetime) -> None:
        """The address can no longer be written to, until it is connected again."""

    async def address_of(self, member_id: int) -> Address | None:
        """Where to write: the live address used last."""

    async def profile(self, member_id: int) -> Profile: ...
    async def profiles(self, member_ids: Collection[int]) -> Mapping[int, Profile]: ...
    async def set_profile(self, member_id: int, profile: Profile) -> None: ...
    async def set_pause(self, member_id: int, until: date | None) -> None: ...
    async def set_language(self, member_id: int, language: str) -> None: ...
    async def set_hours(self, member_id: int, hours: Hours) -> None: ...
    async def keep_words(self, member_id: int, text: str, now: datetime) -> None:
        """Keep words until the person has said which check-in they belong to."""

    async def take_words(self, member_id: int) -> str | None:
        """Take the kept words, which ends their keeping."""

    async def peek_words(self, member_id: int) -> str | None:
        """The kept words, which go on being kept."""

    async def block(self, member_a: int, member_b: int, now: datetime) -> None:
        """These two never meet in a pairing."""

    async def blocked(self, partnership_id: int) -> frozenset[frozenset[int]]: ...
    async def forget(self, member_id: int, now: datetime) -> None:
        """Erase name, e-mail, profile, addresses and words; keep the rows that counts need."""


class Workspaces(Protocol):
    """Which workspaces a partnership has let in."""

    async def add_code(self, code: LinkCode) -> None: ...
    async def take_code(self, fingerprint: str, now: datetime) -> int | None:
        """The school the code is for, which uses it up; None where there is none, or it has expired."""

    async def get(self, platform: str, workspace_id: str) -> Workspace | None: ...
    async def of_school(self, school_id: int) -> tuple[Workspace, ...]:
        """Those that are linked to it and have not removed the bot."""

    async def link(self, platform: str, workspace_id: str, school: School, now: datetime) -> None:
        """Let the workspace in for that school too: whoever waits for an address is looked for there at once."""

    async def leave(self, platform: str, workspace_id: str, now: datetime) -> None:
        """It removed the bot: nothing more can be sent to anybody there."""

    async def come_back(self, platform: str, workspace_id: str, now: datetime) -> None:
        """It let the bot in again: its people can be written to as before, and what waited for them is due."""

    async def erase_gone(self, before: datetime) -> int:
        """Erase what came from workspaces that removed the bot before then; how many."""
