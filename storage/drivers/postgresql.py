"""A PostgreSQL connection with a time limit for each statement, which poolers such as PgBouncer can carry."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.abc import PQGen

Answer = TypeVar("Answer")

SECONDS_A_STATEMENT = 30
"""A server that hangs keeps the connection open, and no time-out of its own applies."""


QUIET = logging.getLogger("psycopg")
"""The driver's log. It repeats errors that are raised anyway, outside our log."""
QUIET.setLevel(logging.CRITICAL + 1)


class NoAnswer(OperationalError):
    """The server did not answer a statement in time."""


class TimedConnection(AsyncConnection[Any]):
    """A connection with a time limit for each statement."""

    async def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        """Wait as the driver does. After the limit, cancel the statement (up to ten seconds) and raise `NoAnswer`."""
        try:
            async with asyncio.timeout(SECONDS_A_STATEMENT):
                return await super().wait(gen, *args, **kwargs)
        except TimeoutError:
            raise NoAnswer from None


async def connect(conninfo: str = "", *, prepares: bool | None = None, **settings: Any) -> TimedConnection:
    """Connect; `prepares` says whether statements are prepared on the server, or None: unless there is a pooler.

    A pooler that gives each transaction another server connection does not know what was prepared on the last one.
    """
    connection = await TimedConnection.connect(conninfo, **settings)
    try:
        if prepares is None:
            prepares = not await is_pooled(connection)
    except BaseException:
        await connection.close()
        raise
    if not prepares:
        connection.prepare_threshold = None
    return connection


async def is_pooled(connection: AsyncConnection[Any]) -> bool:
    """Return whether a pooler stands before the server: the process that we were told of is not the one that works."""
    await connection.set_autocommit(True)
    try:
        cursor = await connection.execute("SELECT pg_backend_pid()", prepare=False)
        [(pid,)] = await cursor.fetchall()
    finally:
        await connection.set_autocommit(False)
    return bool(pid != connection.info.backend_pid)
