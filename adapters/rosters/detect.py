"""Detection of a roster's format, by its content and never by its name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Protocol

from adapters.files.faults import FileFaults
from adapters.files.formats import FileFormat, detect_format
from adapters.rosters import oneroster, simple_csv
from adapters.rosters.options import RosterOptions
from adapters.rosters.vocabulary import Vocabulary
from bot.model.roster import Roster

READ = frozenset({FileFormat.ZIP, FileFormat.BROKEN_ZIP, FileFormat.OTHER})
"""The formats that the readers below look at; of all others we say what they are."""


class RosterFormat(Protocol):
    """A module that reads rosters of one format."""

    def recognises(self, file: Path) -> bool:
        """Return whether the file looks like this format."""

    def read(self, file: Path, options: RosterOptions) -> Roster:
        """Read the file. Raises `RosterError` with all its faults."""


FORMATS: tuple[RosterFormat, ...] = (
    oneroster,
    simple_csv,  # the last, because it takes every file that is none of the others
)


def read_roster(
    file: Path,
    *,
    today: date,
    administrators_are_principals: bool | None = None,
    practices: frozenset[str] | None = None,
    slots: frozenset[str] | None = None,
    phases: frozenset[str] | None = None,
    school: str = "",
    role: str = "",
) -> Roster:
    """Read a roster of any format. Raises `RosterError` with all its faults at once.

    The three sets are the keys that a simple CSV may use; None: any.
    """
    detected = detect_format(file)
    if detected.format not in READ:
        FileFaults().stop(file.name, None, "", f"roster.{detected.format}", **detected.facts)
    options = RosterOptions(
        today=today,
        administrators_are_principals=administrators_are_principals,
        vocabulary=Vocabulary(practices=practices, slots=slots, phases=phases),
        school=school,
        role=role,
    )
    return next(each for each in FORMATS if each.recognises(file)).read(file, options)
