"""Waiting with a limit, without cancelling: to cancel a database's driver takes as long as to wait."""

from __future__ import annotations

import asyncio
from typing import TypeVar

Answer = TypeVar("Answer")


async def wait_at_most(seconds: float, asked: asyncio.Future[Answer]) -> Answer:
    """Return the answer, or raise `TimeoutError` after this time; the future goes on."""
    asked.add_done_callback(_take_error)
    async with asyncio.timeout(seconds):
        return await asyncio.shield(asked)


def _take_error(asked: asyncio.Future[Answer]) -> None:
    """Take an error that comes after the limit: asyncio would log its message."""
    if not asked.cancelled():
        asked.exception()
