"""PostgreSQL's connection, which waits for an answer for a while and not for ever."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.abc import PQGen

Answer = TypeVar("Answer")

SECONDS_A_STATEMENT = 30
"""A server that hangs keeps its side of the connection open, and no time-out of its own runs."""


QUIET = logging.getLogger("psycopg")
"""It would log what it raises as well, past our log."""
QUIET.setLevel(logging.CRITICAL + 1)


class NoAnswer(OperationalError):
    """The server took a statement, and said nothing."""


class Patient(AsyncConnection[Any]):
    """A connection whose statements take some time at most."""

    async def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        """As the driver's. Raises `NoAnswer`, after the server was asked to give up, and then left (ten seconds)."""
        try:
            async with asyncio.timeout(SECONDS_A_STATEMENT):
                return await super().wait(gen, *args, **kwargs)
        except TimeoutError:
            raise NoAnswer from None


connect = Patient.connect
