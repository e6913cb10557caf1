"""The pace of messages in one conversation, kept within Teams' limits."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta

from bot.errors import SendError

LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
"""Numbers of messages, and the seconds within which no more are taken."""
CONVERSATIONS = 4_096
"""The conversations that are remembered; the one unused for longest is forgotten first."""


class Pace:
    """The pace of all conversations of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent_at: OrderedDict[str, deque[float]] = OrderedDict()

    def step(self, conversation: str) -> None:
        """Count one more message. Raises `SendError`, with the time to wait, when it would be too many."""
        now = self._clock()
        sent_at = self._sent_at.setdefault(conversation, deque(maxlen=LIMITS[-1][0]))
        self._sent_at.move_to_end(conversation)
        wait = max((_wait(sent_at, now, most, within) for most, within in LIMITS), default=0.0)
        if wait > 0:
            raise SendError("rate-limited", timedelta(seconds=wait), one_chat=True)
        sent_at.append(now)
        if len(self._sent_at) > CONVERSATIONS:
            self._sent_at.popitem(last=False)


def _wait(sent_at: deque[float], now: float, most: int, within: float) -> float:
    return sent_at[-most] + within - now if len(sent_at) >= most else 0.0
