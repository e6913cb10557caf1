"""Rows of a CSV file of any usual encoding and delimiter. Anything that is not text becomes a fault."""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from adapters.files.encodings import encoding_of
from adapters.files.faults import FileFaults, shown
from bot.rules.spelling import without_unseen

LONGEST_CELL = 200
LONGEST_LINE = 100_000
MOST_LINES_ABOVE = 30
"""The lines in which headings are looked for."""
WHITE = ' \t\r\n\ufeff"'
SEPARATOR = re.compile(r'"?sep=(.)"?[,;\t]*', re.IGNORECASE)
"""The line with which Excel names the delimiter."""

SPREADSHEET_ERROR = re.compile(r"#(?:[^\W\d_]{2,14}[!?]?|[^\W\d_]/[^\W\d_]|DIV/0!|#+)|Err:\d+", re.IGNORECASE)
"""What a spreadsheet shows in a cell that it cannot work out: `#N/A`, `#REF!`, `#BEZUG!`, `####`, `Err:502`."""
WRAPPED = re.compile(r'="([^"]*)"|“([^“”]*)”')
"""What stands around a whole cell: `="007"` keeps the noughts of an id in Excel, and phones curl quotation marks."""
ROUNDED = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)
"""A long number as a spreadsheet shows it: its last digits are lost."""
END_OF_FILE = "\x1a"
"""The sign with which old programs end a text file."""
ENTITY = re.compile(r"&(?:#\d{1,6}|#x[0-9a-fA-F]{1,5}|[A-Za-z]{2,8}\d?);")
ENCODED_TWICE = re.compile(r"[\u00c2-\u00f4]")
"""The first bytes of letters in UTF-8, read as letters of Windows."""


class Row:
    """One row of a table. A cell is checked when it is read: a cell that is no short text is a fault."""

    __slots__ = ("_aliased", "_cells", "_faults", "_places", "file", "is_faulty", "number")

    def __init__(  # made in one place only
        self,
        file: str,
        number: int,
        cells: Sequence[str],
        places: Mapping[str, tuple[int, ...]],
        faults: FileFaults,
        aliased: frozenset[str] = frozenset(),
    ) -> None:
        self._aliased = aliased
        self.file = file
        self.number = number
        self.is_faulty = False
        self._cells = cells
        self._places = places
        self._faults = faults

    def text(self, column: str, limit: int = LONGEST_CELL) -> str:
        """Return the cell with spaces tidied, or "" if there is none."""
        cells = [self._cells[place] for place in self._places.get(column, ()) if place < len(self._cells)]
        text = next(filter(str.strip, cells), "")
        if not text.isascii() and (once := encoded_once(text)) != text:
            text = once
            self._faults.remark(self.file, self.number, column, "roster.encoded-twice")
        for _ in range(2):  # exports of exports write `&amp;#39;`
            text = html.unescape(text) if ENTITY.search(text) else text
        text = _unwrapped(" ".join(text.split()))
        if not text.isascii():
            text = unicodedata.normalize("NFC", without_unseen(text, joiners=True)).strip()
            if "\ufffd" in text:
                self.fault(column, "roster.lost-letters")
        if SPREADSHEET_ERROR.fullmatch(text):
            self.fault(column, "roster.spreadsheet-error", value=shown_error(text))
        if len(text) > limit:
            self.fault(column, "roster.too-long", limit=limit)
            return text[:limit]
        if not text.isprintable() and any(unicodedata.category(sign) == "Cc" for sign in text):
            self.fault(column, "roster.control-characters")
        return text

    def is_aliased(self, column: str) -> bool:
        """Return whether the column stands under another heading, as in the export of a school's system."""
        return column in self._aliased

    def texts(self, columns: Sequence[str]) -> dict[str, str]:
        """Return the cells by column."""
        return {column: self.text(column) for column in columns}

    def identifier(self, column: str) -> str:
        """Return the cell as an address or id: without any character that nobody sees, and without `'` around it."""
        text = without_unseen(self.text(column)).strip("'")
        if ROUNDED.fullmatch(text):
            self.fault(column, "roster.rounded-number", value=text)
        return text

    def remark(self, column: str, key: str, **facts: str | int) -> None:
        """Note why this row is left out, or what is not sure in it."""
        self._faults.remark(self.file, self.number, column, key, **facts)

    def fault(self, column: str, key: str, **facts: str | int) -> None:
        """Note a fault of this row."""
        self.is_faulty = True
        self._faults.add(self.file, self.number, column, key, **facts)


def _unwrapped(text: str) -> str:
    found = WRAPPED.fullmatch(text)
    return (found[1] or found[2] or "").strip() if found else text


def shown_error(text: str) -> str:
    """Return a spreadsheet's error as it is shown to people."""
    return text if len(text) <= 12 else "####"


def encoded_once(text: str) -> str:
    """Return `Siân` for `SiÃ¢n`, where a program took letters in UTF-8 for letters of Windows; else the text."""
    if not ENCODED_TWICE.search(text):
        return text
    try:
        return b"".join(map(_byte, text)).decode("utf-8")
    except UnicodeError:
        return text


def _byte(letter: str) -> bytes:
    """Return the byte of a letter of Windows; the five that Windows leaves open are read as control characters."""
    return letter.encode("latin-1") if ord(letter) < 0x100 else letter.encode("cp1252")


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a hand-made table: their names, those that must be there, and other headings for them."""

    names: Sequence[str]
    required: Sequence[str]
    aliases: Mapping[str, Sequence[str]]
    """The bare forms of other headings by column, such as `forename`, the best first."""
    stand_ins: Mapping[str, str]
    """By column, one that says the same in another form: with it, the column may be missing."""

    def missing_in(self, names: Collection[str]) -> list[str]:
        """Return the required columns that are not among these, and have no stand-in there."""
        return [each for each in self.required if not {each, self.stand_ins.get(each, each)} & set(names)]

    def of(self, cells: Sequence[str]) -> list[str]:
        """Return the column of each cell of a heading row, "" for others.

        Aliases count for a column whose own name is not there; several of them are several cells for one column.
        """
        found = [bare(cell) for cell in cells]
        own = {bare(column): column for column in self.names}
        names = [own.get(cell, "") for cell in found]
        for column, aliases in self.aliases.items():
            if column not in names:
                for place in [found.index(each) for each in aliases if each in found]:
                    names[place] = names[place] or column
        return names

    def places(self, cells: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """Return the cells of each column, the best first."""
        names, found = self.of(cells), [bare(cell) for cell in cells]
        places: dict[str, list[int]] = {}
        for place, name in enumerate(names):
            places.setdefault(name, []).append(place)
        places.pop("", None)
        order = {alias: number for aliases in self.aliases.values() for number, alias in enumerate(aliases)}
        return {
            name: tuple(sorted(there, key=lambda place: order.get(found[place], 0)))
            for name, there in places.items()
        }


NO_ALIASES: Mapping[str, Sequence[str]] = {}
NO_STAND_INS: Mapping[str, str] = {}


def read_table(  # the last one is rarely given
    stream: io.BufferedReader,
    file: str,
    columns: Sequence[str],
    required: Sequence[str],
    faults: FileFaults,
    aliases: Mapping[str, Sequence[str]] = NO_ALIASES,
    stand_ins: Mapping[str, str] = NO_STAND_INS,
) -> Iterator[Row]:
    """Yield the rows of a hand-made table: any delimiter, columns in any order, extra columns ignored.

    Lines above the headings, such as a title, are left out. A cell whose heading is an alias may be asked for with
    `Row.is_aliased`.
    """
    wanted = _Columns(columns, required, aliases, stand_ins)
    rows = _rows(stream, file, faults, delimiters=",;\t|", columns=wanted)
    header = next(rows, None)
    if header is None:
        return
    number, cells = header
    names = wanted.of(cells)
    absent = wanted.missing_in(names)
    doubled = [column for column in columns if [bare(cell) for cell in cells].count(bare(column)) > 1]
    for column in absent:
        faults.cut_off(file, number, column, "roster.missing-column", name=column)
    for column in doubled:
        faults.cut_off(file, number, column, "roster.doubled-column", name=column)
    if not absent and not doubled:
        unread = [cell.strip() for cell, name in zip(cells, names, strict=True) if cell.strip() and not name]
        if unread:
            faults.remark(file, number, "", "roster.columns-not-read", names=", ".join(map(shown, unread)))
        places = wanted.places(cells)
        aliased = frozenset(name for name, found in places.items() if bare(cells[found[0]]) != bare(name))
        headings = [bare(cell) for cell in cells]
        for row_number, row_cells in rows:
            if [bare(cell) for cell in row_cells] != headings:  # a long print repeats them
                yield from _body(iter([(row_number, row_cells)]), file, len(cells), places, faults, aliased)


def bare(name: str) -> str:
    """Return a heading that is the same for `Given name`, `GIVEN_NAME` and `Given Name [Required]`."""
    return "".join(sign for sign in re.sub(r"\[[^]]*\]", "", name).casefold() if sign.isalnum())


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
    places = {name: (place,) for place, name in enumerate(header)}
    yield from _body(rows, file, len(cells), places, faults)


def _body(
    rows: Iterator[tuple[int, list[str]]],
    file: str,
    width: int,
    places: Mapping[str, tuple[int, ...]],
    faults: FileFaults,
    aliased: frozenset[str] = frozenset(),
) -> Iterator[Row]:
    for number, cells in rows:
        if any(cells[width:]):
            faults.add(file, number, "", "roster.too-many-cells", count=len(cells), width=width)
        else:
            yield Row(file, number, cells, places, faults, aliased)


class _Unreadable(Exception):
    """A line that is too long to be one."""


def _rows(
    stream: io.BufferedReader,
    file: str,
    faults: FileFaults,
    delimiters: str,
    columns: _Columns | None = None,
) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, header first, with the row numbers of a spreadsheet."""
    sample = stream.peek()
    encoding = encoding_of(sample)
    if b"\0" in sample and encoding == "utf-8-sig":
        faults.cut_off(file, None, "", "roster.no-text")
        return
    number = 0
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        lines = _lines(text)
        head, lines = _look_ahead(lines)
        above, delimiter = _heading(head, delimiters, columns)
        if above is None:
            faults.cut_off(file, None, "", "roster.empty")
            return
        number = above
        for at, title in enumerate(head[:above], start=1):
            if title.strip(f"{WHITE}{delimiters}") and not SEPARATOR.fullmatch(title.strip()):
                faults.remark(file, at, "", "roster.above-headings")
        table = csv.reader(chain(head[above:], lines), delimiter=delimiter, strict=True)
        for number, cells in enumerate(table, start=above + 1):
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
        yield line.rstrip(END_OF_FILE) if line.endswith(END_OF_FILE) else line


def _look_ahead(lines: Iterator[str]) -> tuple[list[str], Iterator[str]]:
    """Return the first lines, and the iterator of those after them, which raises where a line is too long."""
    head: list[str] = []
    try:
        while len(head) < MOST_LINES_ABOVE and (line := next(lines, "")):
            head.append(line)
    except _Unreadable as unreadable:
        return head, map(_raise, [unreadable])
    return head, lines


def _raise(error: Exception) -> str:
    raise error


def _heading(head: Sequence[str], delimiters: str, columns: _Columns | None) -> tuple[int | None, str]:
    """Return the number of lines above the headings (None: there is no line with text), and the delimiter.

    The headings are the first line that has all required columns, else the first with text.
    """
    with_text = [at for at, line in enumerate(head) if line.strip()]
    if not with_text:
        return None, ","
    first = with_text[0]
    separator = SEPARATOR.fullmatch(head[first].strip())
    if separator and len(with_text) > 1:
        first = with_text[1]
        if separator[1] in delimiters:
            delimiters = separator[1]
    for at in with_text if columns else ():
        for delimiter in sorted(delimiters, key=head[at].count, reverse=True):
            found = columns.of(next(csv.reader([head[at]], delimiter=delimiter), [])) if columns else []
            if columns and not columns.missing_in(found):
                return at, delimiter
    return first, max(delimiters, key=head[first].count)
