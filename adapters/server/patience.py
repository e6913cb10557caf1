"""Waiting for somebody who may take too long, without stopping them: to stop a database's driver takes as long."""

from __future__ import annotations

import asyncio
from typing import TypeVar

Answer = TypeVar("Answer")


async def within(seconds: float, asked: asyncio.Future[Answer]) -> Answer:
    """The answer. Raises `TimeoutError` where it takes longer; whoever asked keeps the future, and it goes on."""
    asked.add_done_callback(_heard)
    async with asyncio.timeout(seconds):
        return await asyncio.shield(asked)


def _heard(asked: asyncio.Future[Answer]) -> None:
    """An error that comes when nobody waits any more is nobody's: asyncio would log it with its words."""
    if not asked.cancelled():
        asked.exception()
