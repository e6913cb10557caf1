"""Carrying an answer to whoever asked: what was done is done, so a platform that stumbles costs the answer only."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.errors import Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()

TRIES = 3


async def carry(call: Callable[[], Awaitable[object]], *, longest_wait: float, lost_as: str) -> bool:
    """Whether it went. `longest_wait`: seconds after which people look elsewhere. `lost_as`: the log's event."""
    for _ in range(TRIES):
        try:
            await call()
        except SendError as refused:
            wait = refused.retry_after
            await asyncio.sleep(1 if wait is None else min(longest_wait, wait.total_seconds()))
        except (Uncertain, Unreachable, Disconnected) as lost:
            log.warning(lost_as, reason=type(lost).__name__)
            return False
        else:
            return True
    log.warning(lost_as, reason="SendError")
    return False
