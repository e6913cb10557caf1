"""Queries about partnerships, schools, members and linked workspaces, within one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from bot.model import (
    DEFAULT_LANGUAGE,
    Address,
    AddressClaim,
    AddressStanding,
    Hours,
    LinkCode,
    LinkRequest,
    Member,
    Partnership,
    Profile,
    QuestionState,
    School,
    Workspace,
)
from bot.model.roster import Fault, Roster, RosterChange
from bot.rules.roster_difference import Difference
from bot.rules.school_time import Calendar, Term


class Schools(Protocol):
    """Partnerships, schools and their calendars."""

    async def partnership(self, partnership_id: int) -> Partnership:
        """Return a partnership; raises `LookupError` for an unknown id."""

    async def partnership_named(self, name: str) -> Partnership | None:
        """Return the partnership of that name."""

    async def partnerships(self) -> tuple[Partnership, ...]:
        """Return all partnerships."""

    async def add_partnership(self, name: str, language: str = DEFAULT_LANGUAGE) -> Partnership:
        """Add a partnership, and return it with its id."""

    async def get(self, school_id: int) -> School:
        """Return a school; raises `LookupError` for an unknown id."""

    async def of(self, partnership_id: int) -> tuple[School, ...]:
        """Return all schools of a partnership, by name."""

    async def calendar(self, school_id: int) -> Calendar:
        """Return the school's calendar: time zone, hours, terms, closed days and public holidays."""

    async def calendars(self, school_ids: Collection[int]) -> Mapping[int, Calendar]:
        """Return the calendars of several schools by id."""

    async def set_calendar(self, school_id: int, terms: Sequence[Term], closed: Mapping[date, str]) -> None:
        """Replace term dates and closed days (date → reason)."""

    async def set_settings(self, school: School) -> None:
        """Store a school's time zone, holidays, hours and safeguarding lead."""

    async def unite(self, partnership_id: int, roster: Roster, same: Mapping[str, str]) -> None:
        """Give people and schools the ids by which a roster names them (old id → new id); else raise `RosterError`."""

    async def likely_same(self, partnership_id: int, roster: Roster) -> tuple[Fault, ...]:
        """Return questions about people and schools whom a roster names anew, as it seems."""

    async def compare(self, partnership_id: int, roster: Roster) -> Difference:
        """Return what importing the roster would change. Another import of the partnership waits for this one."""

    async def apply(self, partnership_id: int, roster: Roster, now: datetime) -> tuple[RosterChange, ...]:
        """Import a roster, and return what changed; people it no longer names become inactive, nobody is deleted."""


class Members(Protocol):
    """Members, their profiles and their addresses."""

    async def get(self, member_id: int) -> Member:
        """Return a member; raises `LookupError` for an unknown id."""

    async def many(self, member_ids: Collection[int]) -> Mapping[int, Member]:
        """Return members by id."""

    async def of(self, partnership_id: int) -> tuple[Member, ...]:
        """Return all active members of a partnership, by family name."""

    async def at(self, address: Address, now: datetime) -> Member | None:
        """Return the member who writes from an address, and store its newest `route` and the time of use.

        Whoever writes can be written to: an address that took nothing works again, and what waits for it is due.
        """

    async def find(self, address: Address) -> Member | None:
        """Return the member at an address, and change nothing."""

    async def by_email(self, email: str) -> tuple[Member, ...]:
        """Return the active members with that e-mail address, of all partnerships."""

    async def connect(self, address: Address, member_id: int, now: datetime) -> None:
        """Store an address for a member; an address of somebody else moves to them."""

    async def disconnect(self, address: Address, now: datetime) -> None:
        """Mark an address as one that cannot be written to, until it is connected again."""

    async def address_of(self, member_id: int) -> Address | None:
        """Return the connected address that the member used last."""

    async def current_addresses(self, member_ids: Collection[int]) -> Mapping[int, Address]:
        """Return the connected address that each member used last, by member id, for those who have one."""

    async def addresses_of(self, member_id: int) -> tuple[AddressStanding, ...]:
        """Return all addresses of a member, the last used first, also those that take nothing."""

    async def note_block(self, address: Address, now: datetime) -> int:
        """Count a day on which the platform said that the address takes nothing, and return how many in a row."""

    async def remove_address(self, address: Address) -> None:
        """Delete an address: whoever is there is a stranger again."""

    async def home_domains(self, school_ids: Collection[int]) -> frozenset[str]:
        """Return the domains in the e-mail addresses of the active members whose home post is at these schools."""

    async def home_schools_of_teachers(self, partnership_id: int) -> frozenset[int]:
        """Return the ids of the schools that are home to an active teacher of the partnership."""

    async def profile(self, member_id: int) -> Profile:
        """Return a member's profile."""

    async def profiles(self, member_ids: Collection[int]) -> Mapping[int, Profile]:
        """Return profiles by member id."""

    async def set_profile(self, member_id: int, profile: Profile) -> None:
        """Store a member's profile."""

    async def set_pause(self, member_id: int, until: date | None) -> None:
        """Store the first day after a member's pause (None: no pause)."""

    async def set_language(self, member_id: int, language: str) -> None:
        """Store a member's language."""

    async def set_hours(self, member_id: int, hours: Hours) -> None:
        """Store a member's own days and hours."""

    async def keep_words(self, member_id: int, text: str, now: datetime, message: str | None = None) -> None:
        """Store typed text, sealed, until the member has said what it is; `message`: the one it was typed in."""

    async def take_words(self, member_id: int) -> str | None:
        """Return the stored text and delete it."""

    async def peek_words(self, member_id: int) -> str | None:
        """Return the stored text without deleting it."""

    async def drop_words(self, member_id: int, message: str) -> bool:
        """Delete the stored text if it was typed in that message, and return whether it was."""

    async def prune_words(self, before: datetime) -> int:
        """Delete text that was stored before that time, and return how many."""

    async def block(self, member_a: int, member_b: int, now: datetime) -> None:
        """Block two members: they are never paired."""

    async def blocked(self, partnership_id: int) -> frozenset[frozenset[int]]:
        """Return every two members of a partnership who are never paired."""

    async def forget(self, member_id: int, now: datetime) -> None:
        """Erase a member's name, e-mail address, profile, addresses and texts; keep the rows that figures need."""


class Files(Protocol):
    """Files that were sent and wait for their sender's decision, sealed, one a member."""

    async def keep(self, member_id: int, content: str, sent_at: datetime) -> int:
        """Keep a file in place of an earlier one, and return its id, which no other file ever has."""

    async def get(self, member_id: int, file_id: int) -> tuple[str, datetime] | None:
        """Return a member's file and when it was sent; None if it is gone, or if its key is lost."""

    async def delete(self, member_id: int) -> None:
        """Delete a member's file."""

    async def prune(self, before: datetime) -> int:
        """Delete the files that were sent before that time, and return how many."""


class Workspaces(Protocol):
    """The workspaces that are linked to a partnership, and the codes that link them."""

    async def add_code(self, code: LinkCode) -> None:
        """Store a one-time code."""

    async def take_code(self, fingerprint: str, now: datetime) -> LinkCode | None:
        """Delete a one-time code, and return it; None if it is unknown or has expired."""

    async def prune_expired(self, now: datetime) -> int:
        """Delete codes, begun installations and all else that has expired, and return how many."""

    async def get(self, platform: str, workspace_id: str) -> Workspace | None:
        """Return a workspace."""

    async def of_school(self, school_id: int) -> tuple[Workspace, ...]:
        """Return the workspaces that are linked to a school and have not removed the bot."""

    async def take_untold_rests(self, before: datetime) -> tuple[Workspace, ...]:
        """Return the workspaces that have taken nothing since that time or longer, each once."""

    async def resting(self, partnership_id: int) -> frozenset[int]:
        """Return the ids of the schools with a workspace that takes nothing for a time."""

    async def link(
        self, platform: str, workspace_id: str, school: School, now: datetime, *, linked_by: str = ""
    ) -> None:
        """Link a workspace to a school, and make due the deliveries that wait for an address of its members.

        `linked_by` is the user who typed the code.
        """

    async def leave(self, platform: str, workspace_id: str, now: datetime) -> None:
        """Record that a workspace removed the bot: nothing is sent there any more."""

    async def come_back(self, platform: str, workspace_id: str, now: datetime) -> None:
        """Record that a workspace installed the bot again, and make due what waited for its people."""

    async def erase_gone(self, before: datetime) -> int:
        """Erase the data of workspaces that removed the bot before that time, and return how many workspaces."""


class Accounts(Protocol):
    """Accounts that are not connected yet: who was seen, whose a new address is, and which workspace asks."""

    async def remember(self, address: Address, ask_at: datetime | None, expires_at: datetime) -> None:
        """Store the address of somebody who is no member; `ask_at` is when their e-mail may be asked for."""

    async def forget(self, address: Address) -> None:
        """Delete a seen address."""

    async def ask_again(self, partnership_id: int, now: datetime) -> None:
        """Let everybody be asked about who was seen in the workspaces of a partnership."""

    async def claim_seen(self, now: datetime, again_at: datetime, limit: int) -> tuple[Address, ...]:
        """Return seen addresses in linked workspaces to ask about; they are the caller's until `again_at`."""

    async def claim(self, claim: AddressClaim) -> AddressClaim:
        """Store a claim, or return the one that is known, at its newest route."""

    async def get_claim(self, claim_id: int) -> AddressClaim | None:
        """Return a claim."""

    async def answer_claim(self, claim_id: int, state: QuestionState) -> None:
        """Store the answer to a claim."""

    async def request_link(self, request: LinkRequest, user: str) -> LinkRequest:
        """Store a request of a workspace, or ask again for the one that is known; `user` typed the code."""

    async def get_link_request(self, request_id: int) -> LinkRequest | None:
        """Return a request of a workspace."""

    async def answer_link_request(self, request_id: int, state: QuestionState) -> str:
        """Store the answer to a request, and return the user who typed the code."""

    async def note_wrong_code(self, platform: str, workspace: str, expires_at: datetime) -> None:
        """Count a wrong code that was typed in a workspace."""

    async def wrong_codes(self, platform: str, workspace: str, now: datetime) -> int:
        """Return how many wrong codes count against a workspace now."""

    async def prune_questions(self, before: datetime) -> int:
        """Delete questions that were asked before that time, and return how many."""
