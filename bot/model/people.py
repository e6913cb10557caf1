"""Partnerships, schools, members with their profiles, and addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

DEFAULT_LANGUAGE = "en"
"""The language of the content's complete texts: every other language falls back on it."""


class Role(StrEnum):
    """A function in the partnership; one person may hold several roles at several schools."""

    TEACHER = "teacher"
    COORDINATOR = "coordinator"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school of a partnership, with what decides its teaching days."""

    id: int
    partnership_id: int
    source_id: str
    """The roster's identifier, which stays when the name changes."""
    name: str
    time_zone: str = "Europe/London"
    """An IANA name."""
    holidays: str = ""
    """A code of public holidays as the library `holidays` has it, such as GB-WLS or IE; empty: none."""
    opens: time = time(8, 30)
    closes: time = time(17, 0)
    ask_at: time = time(15, 30)
    """The asking time, in school time: after lessons."""
    lead_name: str = ""
    lead_contact: str = ""
    """The designated safeguarding lead, shown by `concern`."""


@dataclass(frozen=True, slots=True)
class Post:
    """A role held at a school."""

    role: Role
    school_id: int


@dataclass(frozen=True, slots=True)
class Hours:
    """A member's own days (Monday = 0) and times; None: as the school's."""

    days: frozenset[int] = frozenset(range(5))
    start: time | None = None
    end: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A person of the partnership."""

    id: int
    partnership_id: int
    source_id: str
    given_name: str
    family_name: str
    email: str = ""
    language: str = DEFAULT_LANGUAGE
    active: bool = True
    posts: tuple[Post, ...] = ()
    """The first is the home post: its school's days are this person's days."""
    hours: Hours = Hours()
    paused_until: date | None = None
    """The first day on which the bot may write again, in school time."""

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def home_school_id(self) -> int:
        """The school whose calendar decides this member's days; the roster guarantees a post."""
        return self.posts[0].school_id

    def has(self, role: Role) -> bool:
        """Return whether this member holds the role at any school."""
        return any(post.role is role for post in self.posts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A member's details for pairing. Practices and slots are keys of the content's lists, never free text."""

    subjects: tuple[str, ...] = ()
    phase: str = ""
    offers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    """Free times in school time: `mon-before`, `tue-lunch`, `wed-after`."""


@dataclass(frozen=True, slots=True)
class Address:
    """A person on a platform. `route` belongs to the adapter and is no part of the identity."""

    platform: str
    workspace: str
    user: str
    route: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class AddressStanding:
    """An address of a member, and whether it takes messages."""

    address: Address
    live: bool
    """False once the person has removed the bot, until they come back."""
    blocked_times: int
    """The days in a row on which the platform said that it takes nothing."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person as a platform describes them; the e-mail address is empty where it tells none."""

    address: Address
    email: str


@dataclass(frozen=True, slots=True)
class Partnership:
    """The schools that work together."""

    id: int
    name: str
    language: str = DEFAULT_LANGUAGE
