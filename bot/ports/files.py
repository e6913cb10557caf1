"""The interface by which a sent roster or calendar is read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeAlias

from bot.model.roster import Roster
from bot.rules.calendar_file import CalendarFile

FileContent: TypeAlias = Roster | CalendarFile


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingOptions:
    """What a file itself does not say."""

    today: date
    time_zone: str
    """The zone of the school whose calendar it may be."""
    school: str = ""
    """The school of everybody in a roster without a column of schools."""
    administrators_are_principals: bool | None = None
    """None: not known, so that a file with administrators is a `RosterError` that asks."""


class FileReader(Protocol):
    """A reader of rosters and calendars, which works outside transactions."""

    async def read(self, name: str, content: bytes, options: ReadingOptions) -> FileContent:
        """Return the roster or the calendar, whichever the content is. Raises `RosterError` with all faults."""
