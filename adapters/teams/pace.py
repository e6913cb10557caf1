"""How fast one conversation may be written to: Teams' own limits, kept before it has to say so."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta

from bot.errors import SendError

LIMITS = ((7, 1.0), (8, 2.0), (60, 30.0), (1_800, 3_600.0))
"""Messages, and the seconds within which no more may come."""
CONVERSATIONS = 4_096
"""That are remembered; the one that was silent longest goes."""


class Pace:
    """Of the conversations of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._steps: OrderedDict[str, deque[float]] = OrderedDict()

    def step(self, conversation: str) -> None:
        """One more message. Raises `SendError` with how long to wait, and counts nothing then."""
        now = self._clock()
        steps = self._steps.setdefault(conversation, deque(maxlen=LIMITS[-1][0]))
        self._steps.move_to_end(conversation)
        wait = max((_wait(steps, now, most, within) for most, within in LIMITS), default=0.0)
        if wait > 0:
            raise SendError("rate-limited", timedelta(seconds=wait), one_chat=True)
        steps.append(now)
        if len(self._steps) > CONVERSATIONS:
            self._steps.popitem(last=False)


def _wait(steps: deque[float], now: float, most: int, within: float) -> float:
    return steps[-most] + within - now if len(steps) >= most else 0.0
