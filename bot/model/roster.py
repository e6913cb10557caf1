"""A roster as it was read from a file, and what importing it changes: no file format here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.model import Profile, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterSchool:
    """A school in a roster; None: the file does not say, so what is known stays."""

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
    """Role and the school's source id; the first is the home post."""
    language: str | None = None
    profile: Profile | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Roster:
    """All staff of some schools, as one file gave them."""

    schools: tuple[RosterSchool, ...]
    people: tuple[RosterPerson, ...]
    is_delta: bool = False
    """A delta names only what changed, so nobody vanishes by not being named."""
    left_out: int = 0
    """Rows that were not staff, or not to be kept: counted, never stored."""


class ChangeKind(StrEnum):
    """What an import does to one row."""

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
    """Which columns change: names of fields, no values."""


UNKNOWN_SCHOOL, PERSON_WITHOUT_SCHOOL = "roster.unknown-school", "roster.person-without-school"
"""Faults that only show against what is kept: facts `school` and `person`."""


class RosterError(Exception):
    """Faults in a roster file, all of them at once; nothing was changed."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault in a file. `key` names the sentence in `prompts/`, which says what is wrong and how to mend it."""

    file: str
    row: int | None
    """As a spreadsheet counts: the header is row 1."""
    column: str
    key: str
    facts: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """Where it is, for logs: no value of the file."""
        return f"{self.file}:{self.row or ''}:{self.column}: {self.key}"
