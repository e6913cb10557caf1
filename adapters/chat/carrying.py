"""Carrying an answer to the person who asked: what was done stays done, even when the answer is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from adapters.chat.in_time import Pause
from bot.errors import Disconnected, SendError, Uncertain, Unreachable

log = structlog.get_logger()


class ContentRefused(Unreachable):
    """The platform refused what we sent: a programming error, or a limit that nobody knew."""


REFUSED_EVENT = "content.refused"
"""The event in the log, which is counted."""
TRIES = 3
SECONDS_BETWEEN_TRIES = 1.0


async def carry(
    call: Callable[[], Awaitable[object]], *, pause: Pause, longest_wait: float, lost_as: str
) -> bool:
    """Make the call, at most three times while the platform asks to wait, and return whether it succeeded.

    `longest_wait`: seconds after which people look elsewhere. `lost_as`: the event in the log. Raises
    `ContentRefused`, after which the caller says the same in a plainer way.
    """
    for _ in range(TRIES):
        try:
            await call()
        except SendError as refused:
            wait = refused.retry_after
            await pause(SECONDS_BETWEEN_TRIES if wait is None else min(longest_wait, wait.total_seconds()))
        except ContentRefused:
            raise
        except (Uncertain, Unreachable, Disconnected) as lost:
            log.warning(lost_as, reason=type(lost).__name__)
            return False
        else:
            return True
    log.warning(lost_as, reason="SendError")
    return False
