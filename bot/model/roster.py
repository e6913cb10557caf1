"""A roster as it was read from a file of any format, and what importing it changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from bot.model import Profile, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSchool:
    """A school in a roster; None: the file does not say, and what is stored stays."""

    source_id: str
    name: str
    time_zone: str | None = None
    holidays: str | None = None
    lead_name: str | None = None
    lead_contact: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterPerson:
    """A member of staff in a roster: never a pupil, a guardian, a password or a phone number."""

    source_id: str
    given_name: str
    family_name: str
    email: str
    posts: tuple[tuple[Role, str], ...]
    """(role, the school's source id); the first is the home post."""
    language: str | None = None
    profile: Profile | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """The staff of some schools, as one file gave them."""

    schools: tuple[RosterSchool, ...]
    people: tuple[RosterPerson, ...]
    is_delta: bool = False
    """True if the file names only what changed: then people whom it does not name stay."""
    left_out: int = 0
    """The number of rows that were not staff, which are never stored."""
    remarks: tuple[Fault, ...] = field(default=(), compare=False)
    """What was left out and why, and what was read with a doubt."""


class ChangeKind(StrEnum):
    """The kind of change that an import makes to a school or person."""

    SCHOOL_ADDED = "school-added"
    SCHOOL_CHANGED = "school-changed"
    ADDED = "added"
    CHANGED = "changed"
    INACTIVE = "inactive"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class RosterChange:
    """One line of the difference that `--dry-run` shows."""

    kind: ChangeKind
    name: str
    detail: str = ""
    """The names of the fields that change, without values."""


UNKNOWN_SCHOOL, PERSON_WITHOUT_SCHOOL = "roster.unknown-school", "roster.person-without-school"
"""Keys of faults that show only against what is stored, with the facts `school` and `person`."""


class RosterError(Exception):
    """All faults of a roster file; nothing was changed."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault or remark about a file; `key` names the sentence in `prompts/`: what is wrong and how to correct it."""

    file: str
    row: int | None
    """The row as a spreadsheet counts, the header being row 1."""
    column: str
    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Return its place for logs, without any value of the file."""
        return f"{self.file}:{self.row or ''}:{self.column}: {self.key}"
