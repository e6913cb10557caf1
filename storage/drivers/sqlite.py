"""SQLite's thread, asked once a statement: aiosqlite asks it four times, to make a cursor, execute, fetch and close."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite


class OneHop(aiosqlite.Connection):
    """A connection whose cursors do everything in one go. Whole results are fetched: ours are short."""

    def cursor(self) -> _Cursor:  # type: ignore[override]  # SQLAlchemy asks for no more than this
        return _Cursor(self)

    async def whole(self, many: bool, sql: str, parameters: Iterable[Any]) -> _Cursor.Outcome:
        """Execute, fetch and close, in the thread."""
        outcome: _Cursor.Outcome = await self._execute(  # type: ignore[no-untyped-call]  # aiosqlite publishes no type
            _whole, self._conn, many, sql, parameters
        )
        return outcome


class _Cursor:
    """What SQLAlchemy needs of a cursor, when everything is there already."""

    Outcome = tuple[list[Any], Sequence[Any] | None, int, int | None]

    arraysize = 1
    rows: list[Any]
    description: Sequence[Any] | None = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: OneHop) -> None:
        self._connection = connection

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        self._keep(await self._connection.whole(False, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> None:
        self._keep(await self._connection.whole(True, sql, parameters))

    def _keep(self, outcome: Outcome) -> None:
        self.rows, self.description, self.rowcount, self.lastrowid = outcome

    async def fetchall(self) -> list[Any]:
        return self.rows

    async def close(self) -> None:
        """Closed already."""


def _whole(connection: sqlite3.Connection, many: bool, sql: str, parameters: Any) -> _Cursor.Outcome:
    cursor = (connection.executemany if many else connection.execute)(sql, parameters)
    rows = cursor.fetchall() if cursor.description else []
    outcome = (rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return outcome


async def connect(file: str, **settings: Any) -> OneHop:
    """As `aiosqlite.connect`."""
    connection = OneHop(partial(sqlite3.connect, file, **settings), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does: a process that ends waits for no thread
    _ = await connection
    return connection
