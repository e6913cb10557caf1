"""Which kind of roster a file is: decided by what is in it, never by its name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from adapters.files.faults import FileFaults
from adapters.rosters import oneroster, simple_csv
from adapters.rosters.vocabulary import Vocabulary
from bot.model.roster import Roster

ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
OLD_EXCEL = b"\xd0\xcf\x11\xe0"


def read_roster(
    path: Path,
    *,
    today: date,
    administrators_are_principals: bool | None = None,
    practices: frozenset[str] | None = None,
    slots: frozenset[str] | None = None,
    phases: frozenset[str] | None = None,
) -> Roster:
    """Read a OneRoster 1.1 or 1.2 zip, or a simple CSV; raises `RosterError` with all its faults at once.

    `today` drops roles that have ended. OneRoster 1.1 has no principals: `administrators_are_principals` says
    whether administrators are, and None makes the first one a fault that asks. The three sets are the
    keys known in a simple CSV; None: not checked.
    """
    with path.open("rb") as stream:
        start = stream.read(4)
    if start.startswith(OLD_EXCEL):
        FileFaults().stop(path.name, None, "", "roster.spreadsheet")
    if start.startswith(ZIPS):
        rules = oneroster.OneRosterRules(
            today=today, administrators_are_principals=administrators_are_principals
        )
        return oneroster.read(path, rules)
    return simple_csv.read(path, Vocabulary(practices=practices, slots=slots, phases=phases))
