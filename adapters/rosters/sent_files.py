"""The reader of rosters and calendars that people send in a chat."""

from __future__ import annotations

import asyncio
import re
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from adapters.files.table import bare
from adapters.rosters.calendars import REQUIRED, read_calendar
from adapters.rosters.detect import read_roster
from bot.ports import FileContent, ReadingOptions
from bot.prompts import Prompts

_UNSAFE = re.compile(r"[^\w. ()-]")
LONGEST_NAME = 60
BEGINNING = 4_096
"""Bytes at the beginning of a file in which a calendar shows that it is one."""


class SentFileReader:
    """The port `FileReader`: a file is read in a thread, from a folder that only this process may open."""

    def __init__(self, prompts: Prompts) -> None:
        self._words = prompts.calendar_words
        voice = prompts.voice(prompts.default_language)
        self._keys = {name: frozenset(voice.keys(name)) for name in ("practice", "slot", "phase")}

    async def read(self, name: str, content: bytes, options: ReadingOptions) -> FileContent:
        """Return the roster or the calendar. Raises `RosterError`."""
        return await asyncio.to_thread(self._read, name, content, options)

    def _read(self, name: str, content: bytes, options: ReadingOptions) -> FileContent:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / safe_name(name)
            file.write_bytes(content)
            if is_calendar(content):
                zone = ZoneInfo(options.time_zone)
                return read_calendar(file, self._words, today=options.today, zone=zone)
            return read_roster(
                file,
                today=options.today,
                administrators_are_principals=options.administrators_are_principals,
                practices=self._keys["practice"],
                slots=self._keys["slot"],
                phases=self._keys["phase"],
                school=options.school,
            )


def is_calendar(content: bytes) -> bool:
    """Return whether the content is iCalendar, or a table with the columns of a calendar."""
    beginning = content[:BEGINNING].replace(b"\0", b"").decode("utf-8", errors="replace").casefold()
    if "begin:vcalendar" in beginning or "begin:vevent" in beginning:
        return True
    return any(_is_heading(line) for line in beginning.splitlines())


def _is_heading(line: str) -> bool:
    return set(map(bare, REQUIRED)) <= set(map(bare, re.split(r"[,;\t|]", line)))


def safe_name(name: str) -> str:
    """Return the name of a sent file as it may stand in a folder and in a sentence."""
    return _UNSAFE.sub("_", name)[-LONGEST_NAME:].strip(". ") or "file"
