"""The faults of a file, collected while it is read, so that a person can correct all of them at once."""

from __future__ import annotations

import re
from typing import NoReturn

from bot.model.roster import Fault, RosterError

KEPT = 50

_SHOWN = re.compile(r"[^\W\d][^\d@]{0,29}")


class FileFaults:
    """The faults found so far: the first 50 are kept, the others counted."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._more = 0
        self._remarks: list[Fault] = []
        self.is_cut_off = False
        """A file could not be read to its end, so references to its rows cannot be checked."""

    def add(self, file: str, row: int | None, column: str, key: str, **facts: str | int) -> None:
        """Note a fault. Facts are read by people: never a name, an e-mail or a value of a pupil's row."""
        if len(self._kept) == KEPT:
            self._more += 1
        else:
            texts = tuple((name, str(value)) for name, value in facts.items())
            self._kept.append(Fault(file, row, column, key, texts))

    def remark(self, file: str, row: int | None, column: str, key: str, **facts: str | int) -> None:
        """Note what was left out or read with a doubt, which the reader of the file is told."""
        self._remarks.append(
            Fault(file, row, column, key, tuple((name, str(value)) for name, value in facts.items()))
        )

    @property
    def remarks(self) -> tuple[Fault, ...]:
        """The remarks so far."""
        return tuple(self._remarks)

    def cut_off(self, file: str, row: int | None, column: str, key: str, **facts: str | int) -> None:
        """Note a fault that ends the reading of its file."""
        self.is_cut_off = True
        self.add(file, row, column, key, **facts)

    def raise_any(self) -> None:
        """Raise `RosterError` if there is any fault."""
        if self._more:
            last = self._kept[-1]
            self._kept.append(Fault(last.file, None, "", "roster.more", (("n", str(self._more)),)))
        if self._kept:
            raise RosterError(tuple(self._kept))

    def stop(self, file: str, row: int | None, column: str, key: str, **facts: str | int) -> NoReturn:
        """Note a fault after which nothing more can be read, and raise."""
        self.add(file, row, column, key, **facts)
        self.raise_any()
        raise AssertionError("a fault was just noted")


def shown(value: str) -> str:
    """Return the value if it is a short word, else "…": in a shifted row it could be a phone number."""
    return value if _SHOWN.fullmatch(value) else "…"
