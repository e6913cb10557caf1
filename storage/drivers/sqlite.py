"""A SQLite connection that calls its thread once a statement; aiosqlite calls it four times."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Self

import aiosqlite


class OneCallConnection(aiosqlite.Connection):
    """A connection whose cursors execute, fetch everything and close in one call to the thread."""

    def cursor(self) -> _Cursor:  # type: ignore[override]  # SQLAlchemy asks for no more than this
        return _Cursor(self)

    async def run(self, many: bool, sql: str, parameters: Iterable[Any]) -> _Cursor.Result:
        """Execute a statement, fetch its rows and close its cursor in the thread."""
        result: _Cursor.Result = await self._execute(  # type: ignore[no-untyped-call]  # aiosqlite publishes no type
            _whole, self._conn, many, sql, parameters
        )
        return result


class _Cursor:
    """A cursor with all its rows fetched, as far as SQLAlchemy needs one."""

    Result = tuple[list[Any], Sequence[Any] | None, int, int | None]

    arraysize = 1
    rows: list[Any]
    description: Sequence[Any] | None = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: OneCallConnection) -> None:
        self._connection = connection

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Iterable[Any] = ()) -> None:
        self._keep(await self._connection.run(False, sql, parameters))

    async def executemany(self, sql: str, parameters: Iterable[Any]) -> None:
        self._keep(await self._connection.run(True, sql, parameters))

    def _keep(self, result: Result) -> None:
        self.rows, self.description, self.rowcount, self.lastrowid = result

    async def fetchall(self) -> list[Any]:
        return self.rows

    async def close(self) -> None:
        """Do nothing: the cursor is closed already."""


def _whole(connection: sqlite3.Connection, many: bool, sql: str, parameters: Any) -> _Cursor.Result:
    cursor = (connection.executemany if many else connection.execute)(sql, parameters)
    rows = cursor.fetchall() if cursor.description else []
    result = (rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    cursor.close()
    return result


async def connect(file: str, **settings: Any) -> OneCallConnection:
    """Connect as `aiosqlite.connect` does."""
    connection = OneCallConnection(partial(sqlite3.connect, file, **settings), iter_chunk_size=64)
    connection._thread.daemon = True  # noqa: SLF001  # as SQLAlchemy does, so that a process can end
    _ = await connection
    return connection
