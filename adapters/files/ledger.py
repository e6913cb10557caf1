"""Lines of the ledger as text, as CSV and as JSON: states and reasons, never words and never a name."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from dataclasses import fields
from datetime import datetime

from bot.model import LedgerLine

COLUMNS = tuple(field.name for field in fields(LedgerLine))


async def as_csv(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """A row a line, without its end, after a row of names. No cell is a formula to a spreadsheet."""
    yield _row(COLUMNS)
    async for line in lines:
        yield _row([_harmless(cell) for cell in _cells(line)])


async def as_json(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """An object a line (JSON Lines); moments as ISO 8601 in UTC."""
    async for line in lines:
        named = {name: getattr(line, name) for name in COLUMNS}
        yield json.dumps(named, ensure_ascii=False, default=_moment)


async def as_text(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """For a terminal: one line each, what is empty left out."""
    async for line in lines:
        moment = f"{line.due_at:%Y-%m-%d %H:%M}"
        twice = "perhaps_twice" if line.perhaps_twice else ""
        yield " ".join(each for each in (moment, *_cells(line)[:6], twice) if each)


def _row(cells: Sequence[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()


def _cells(line: LedgerLine) -> list[str]:
    return [_cell(getattr(line, name)) for name in COLUMNS]


def _cell(value: object) -> str:
    match value:
        case None | False:
            return ""
        case True:
            return "yes"
        case datetime():
            return _moment(value)
        case _:
            return str(value)


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
