"""Ledger lines as text, CSV or JSON. They hold states and reasons, and no names or messages."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import fields
from datetime import datetime

from adapters.files.csv_writer import csv_line
from bot.model import LedgerLine

COLUMNS = tuple(field.name for field in fields(LedgerLine))


async def as_csv(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """Yield a header and then a row for each line, without line ends. No cell is a formula in a spreadsheet."""
    yield csv_line(COLUMNS)
    async for line in lines:
        yield csv_line(_cells(line))


async def as_json(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """Yield a JSON object for each line (JSON Lines), with times as ISO 8601 in UTC."""
    async for line in lines:
        named = {name: getattr(line, name) for name in COLUMNS}
        yield json.dumps(named, ensure_ascii=False, default=_moment)


async def as_text(lines: AsyncIterable[LedgerLine]) -> AsyncIterator[str]:
    """Yield a line of text each for a terminal, without empty cells."""
    async for line in lines:
        moment = f"{line.due_at:%Y-%m-%d %H:%M}"
        twice = "perhaps_twice" if line.perhaps_twice else ""
        yield " ".join(each for each in (moment, *_cells(line)[:6], twice) if each)


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
