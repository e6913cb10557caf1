"""What is wrong with content: where, and the key of the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """How much a finding weighs, as `jpd prompts check` prints it."""

    FIX = "FIX"  # wrong: somebody would read nonsense, or nothing
    LOOK = "look"  # a matter of taste: read it once more


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing to mend; `check.<key>` is the sentence."""

    level: Level
    file: str
    line: int
    key: str
    facts: tuple[tuple[str, str], ...] = ()


class Flaws:
    """A list that reading adds to, so that one run tells everything."""

    def __init__(self) -> None:
        self.found: list[Flaw] = []

    def fix(self, file: str, line: int, key: str, /, **facts: str | int) -> None:
        """Add something wrong."""
        self._add(Level.FIX, file, line, key, facts)

    def look(self, file: str, line: int, key: str, /, **facts: str | int) -> None:
        """Add something worth a look."""
        self._add(Level.LOOK, file, line, key, facts)

    def _add(self, level: Level, file: str, line: int, key: str, facts: dict[str, str | int]) -> None:
        self.found.append(
            Flaw(level, file, line, key, tuple((name, str(fact)) for name, fact in facts.items()))
        )

    @property
    def wrong(self) -> tuple[Flaw, ...]:
        """Those that must be mended, in order of discovery."""
        return tuple(flaw for flaw in self.found if flaw.level is Level.FIX)


class ContentError(Exception):
    """Content that can't be used: where and what is the first flaw. `jpd prompts check` tells all of them."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what

    @classmethod
    def of(cls, flaw: Flaw) -> Self:
        """The error for a flaw: its key and facts, since the sentences may be what is broken."""
        facts = "".join(f" {name}={fact!r}" for name, fact in flaw.facts)
        return cls(flaw.file, flaw.line, flaw.key + facts)


class PackError(ContentError):
    """A pack that can't be used."""
