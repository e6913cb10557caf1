"""The order of messages within one process."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.model import Address

BACK_OFF = timedelta(seconds=5)
"""The time for which a workspace is sent nothing after a send with unknown outcome."""


class Turns:
    """Locks that let the messages of one person go out one after another.

    Where the platform cannot say what arrived (`one_at_a_time`), all messages of a workspace do, each settled before
    the next: a process that dies then leaves one uncertain message there instead of a batch.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()
        self._back_off_until: dict[tuple[str, str], float] = {}

    def of(self, address: Address, *, one_at_a_time: bool) -> asyncio.Lock:
        """Return the lock to hold while a message to the address is sent; it is taken first come, first served."""
        workspace = (address.platform, address.workspace)
        key = workspace if one_at_a_time else (*workspace, address.user)
        return self._locks.setdefault(key, asyncio.Lock())

    def back_off(self, address: Address) -> None:
        """Send nothing to the address's workspace for a moment: the messages behind it would each time out."""
        until = asyncio.get_running_loop().time() + BACK_OFF.total_seconds()
        self._back_off_until[address.platform, address.workspace] = until

    def backing_off_for(self, address: Address) -> timedelta:
        """Return how much longer the address's workspace is sent nothing, or zero."""
        until = self._back_off_until.get((address.platform, address.workspace), 0.0)
        return timedelta(seconds=max(0.0, until - asyncio.get_running_loop().time()))
