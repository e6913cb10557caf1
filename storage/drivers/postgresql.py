"""A PostgreSQL connection with a time limit for each statement."""

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


connect = TimedConnection.connect
