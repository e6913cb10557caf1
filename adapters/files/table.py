"""Rows of a CSV file of any usual encoding and delimiter. Anything that is not text becomes a fault."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from adapters.files.faults import FileFaults

LONGEST_CELL = 200
LONGEST_LINE = 100_000

# Invisible characters that make two equal names differ, or reverse the direction of a name.
_INVISIBLE = dict.fromkeys(
    [0xAD, 0x200B, 0x200E, 0x200F, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)


class Row:
    """One row of a table. A cell is checked when it is read: a cell that is no short text is a fault."""

    __slots__ = ("_cells", "_faults", "_places", "file", "is_faulty", "number")

    def __init__(
        self, file: str, number: int, cells: Sequence[str], places: Mapping[str, int], faults: FileFaults
    ) -> None:
        self.file = file
        self.number = number
        self.is_faulty = False
        self._cells = cells
        self._places = places
        self._faults = faults

    def text(self, column: str, limit: int = LONGEST_CELL) -> str:
        """Return the cell with spaces tidied, or "" if there is none."""
        place = self._places.get(column)
        if place is None or place >= len(self._cells):
            return ""
        text = " ".join(self._cells[place].split())
        if not text.isascii():
            text = unicodedata.normalize("NFC", text.translate(_INVISIBLE)).strip()
        if len(text) > limit:
            self.fault(column, "roster.too-long", limit=limit)
            return text[:limit]
        if not text.isprintable() and any(unicodedata.category(sign) == "Cc" for sign in text):
            self.fault(column, "roster.control-characters")
        return text

    def texts(self, columns: Sequence[str]) -> dict[str, str]:
        """Return the cells by column."""
        return {column: self.text(column) for column in columns}

    def fault(self, column: str, key: str, **facts: str | int) -> None:
        """Note a fault of this row."""
        self.is_faulty = True
        self._faults.add(self.file, self.number, column, key, **facts)


def read_table(
    stream: io.BufferedReader, file: str, columns: Sequence[str], required: Sequence[str], faults: FileFaults
) -> Iterator[Row]:
    """Yield the rows of a hand-made table: any delimiter, columns in any order, extra columns ignored."""
    rows = _rows(stream, file, faults, delimiters=",;\t")
    header = next(rows, None)
    if header is None:
        return
    number, cells = header
    known = {_bare(column): column for column in columns}
    names = [known.get(_bare(cell), "") for cell in cells]
    absent = [column for column in required if column not in names]
    doubled = [column for column in columns if names.count(column) > 1]
    for column in absent:
        faults.cut_off(file, number, column, "roster.missing-column", name=column)
    for column in doubled:
        faults.cut_off(file, number, column, "roster.doubled-column", name=column)
    if not absent and not doubled:
        places = {name: place for place, name in enumerate(names) if name}
        yield from _body(rows, file, len(cells), places, faults)


def _bare(name: str) -> str:
    """Return a column name that is the same for `Given name`, `GIVEN_NAME` and `GivenName`."""
    return "".join(sign for sign in name.casefold() if sign.isalnum())


def read_exact_table(
    stream: io.BufferedReader, file: str, header: Sequence[str], faults: FileFaults
) -> Iterator[Row]:
    """Yield the rows of a table with exactly this header; extra columns to its right are ignored."""
    rows = _rows(stream, file, faults, delimiters=",")
    found = next(rows, None)
    if found is None:
        return
    number, cells = found
    names = [cell.strip() for cell in cells]
    for place, (expected, name) in enumerate(
        zip(header, [*names, *[""] * len(header)], strict=False), start=1
    ):
        if name == expected:
            continue
        if expected in names:
            faults.cut_off(file, number, expected, "roster.misplaced-column", name=expected, place=place)
        else:
            faults.cut_off(file, number, expected, "roster.missing-column", name=expected)
        return  # the columns after it are displaced by this one
    places = {name: place for place, name in enumerate(header)}
    yield from _body(rows, file, len(cells), places, faults)


def _body(
    rows: Iterator[tuple[int, list[str]]],
    file: str,
    width: int,
    places: Mapping[str, int],
    faults: FileFaults,
) -> Iterator[Row]:
    for number, cells in rows:
        if any(cells[width:]):
            faults.add(file, number, "", "roster.too-many-cells", count=len(cells), width=width)
        else:
            yield Row(file, number, cells, places, faults)


class _Unreadable(Exception):
    """A line that is too long to be one."""


def _rows(
    stream: io.BufferedReader, file: str, faults: FileFaults, delimiters: str
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, header first, with the row numbers of a spreadsheet."""
    sample = stream.peek()
    is_utf_16 = sample.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in sample and not is_utf_16:
        faults.cut_off(file, None, "", "roster.no-text")
        return
    number = 0
    text = io.TextIOWrapper(stream, encoding="utf-16" if is_utf_16 else "utf-8-sig", newline="")
    try:
        lines = _lines(text)
        blank_lines, first = _first(lines)
        if not first:
            faults.cut_off(file, None, "", "roster.empty")
            return
        number = blank_lines
        table = csv.reader(chain([first], lines), delimiter=max(delimiters, key=first.count), strict=True)
        for number, cells in enumerate(table, start=blank_lines + 1):
            if any(map(str.strip, cells)):
                yield number, cells
    except UnicodeError:
        faults.cut_off(file, None, "", "roster.not-utf-8")
    except (csv.Error, _Unreadable):
        faults.cut_off(file, number + 1, "", "roster.broken-row")
    finally:
        if not stream.closed:
            text.detach()  # otherwise it would close the caller's stream


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    while line := text.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise _Unreadable
        yield line


def _first(lines: Iterator[str]) -> tuple[int, str]:
    """Return the number of leading blank lines, and the line after them."""
    for blank_lines, line in enumerate(lines):
        if line.strip():
            return blank_lines, line
    return 0, ""
