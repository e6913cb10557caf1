"""Who is who and where: partnerships, schools, members, and what a member brings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

DEFAULT_LANGUAGE = "en"
"""The language of the content's complete texts: every other language falls back on it."""


class Role(StrEnum):
    """What a member does in the partnership; one person may hold several, at several schools."""

    TEACHER = "teacher"
    COORDINATOR = "coordinator"
    PRINCIPAL = "principal"


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school of a partnership, with what decides its days."""

    id: int
    partnership_id: int
    source_id: str
    """The identifier the roster uses: stable when the name changes."""
    name: str
    time_zone: str = "Europe/London"
    """An IANA name."""
    holidays: str = ""
    """Whose public holidays: a code as `holidays` knows it, such as GB-WLS, NZ-AUK, AU-VIC or IE; empty: none."""
    opens: time = time(8, 30)
    closes: time = time(17, 0)
    ask_at: time = time(15, 30)
    """When the bot asks, in school time: after lessons."""
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
    """When one person may be written to, where it differs from the school's hours; weekdays count from Monday = 0."""

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
        """The full name, as one would write it on a list."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def home_school_id(self) -> int:
        """The school whose calendar this person lives by; the roster guarantees one."""
        return self.posts[0].school_id

    def has(self, role: Role) -> bool:
        """Whether this person holds the role at any school."""
        return any(post.role is role for post in self.posts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member brings to a match. Practices and slots are keys of the content's lists, never free text."""

    subjects: tuple[str, ...] = ()
    phase: str = ""
    offers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    """Free times in school time: `mon-before`, `tue-lunch`, `wed-after`."""


@dataclass(frozen=True, slots=True)
class Address:
    """Who a member is on a platform. `route` is the adapter's own, opaque here, and no part of the identity."""

    platform: str
    workspace: str
    user: str
    route: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody on a platform as the platform knows them; the e-mail address is empty where it tells none."""

    address: Address
    email: str


@dataclass(frozen=True, slots=True)
class Partnership:
    """The schools that work together."""

    id: int
    name: str
    language: str = DEFAULT_LANGUAGE
