"""The options of reading a roster: what the file itself does not say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from adapters.rosters.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterOptions:
    """The options for every format; each uses those that it needs."""

    today: date
    """Roles that ended before this day are left out."""
    administrators_are_principals: bool | None = None
    """None: not known, so that the first administrator of OneRoster 1.1 is a fault that asks."""
    vocabulary: Vocabulary
    school: str = ""
    """The school of everybody in a table without a column of schools."""
    role: str = ""
    """The role of everybody in a table without a column of roles."""
