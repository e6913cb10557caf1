"""Flaws in content: their place, and the key of the sentence that describes them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """The weight of a finding, as `jpd prompts check` prints it."""

    FIX = "FIX"  # wrong: somebody would read nonsense, or nothing
    LOOK = "look"  # a matter of taste: read it once more


@dataclass(frozen=True, slots=True)
class Flaw:
    """One flaw; `check.<key>` is the sentence that describes it."""

    level: Level
    file: str
    line: int
    key: str
    facts: tuple[tuple[str, str], ...] = ()


class Flaws:
    """The flaws found while reading, so that one run reports all of them."""

    def __init__(self) -> None:
        self.found: list[Flaw] = []

    def fix(self, file: str, line: int, key: str, /, **facts: str | int) -> None:
        """Add a flaw that must be corrected."""
        self._add(Level.FIX, file, line, key, facts)

    def look(self, file: str, line: int, key: str, /, **facts: str | int) -> None:
        """Add a flaw that is a matter of taste."""
        self._add(Level.LOOK, file, line, key, facts)

    def _add(self, level: Level, file: str, line: int, key: str, facts: dict[str, str | int]) -> None:
        self.found.append(
            Flaw(level, file, line, key, tuple((name, str(fact)) for name, fact in facts.items()))
        )

    @property
    def wrong(self) -> tuple[Flaw, ...]:
        """The flaws that must be corrected, in order of discovery."""
        return tuple(flaw for flaw in self.found if flaw.level is Level.FIX)


class ContentError(Exception):
    """Content that cannot be used, with the place of its first flaw; `jpd prompts check` reports all."""

    def __init__(self, file: str, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line
        self.what = what

    @classmethod
    def of(cls, flaw: Flaw) -> Self:
        """Return the error for a flaw, with its key and facts: the sentences may be what is missing."""
        facts = "".join(f" {name}={fact!r}" for name, fact in flaw.facts)
        return cls(flaw.file, flaw.line, flaw.key + facts)


class PackError(ContentError):
    """A pack that cannot be used."""
