"""Who goes before whom in one process: a person's messages in their order, and no more in doubt than must be."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from weakref import WeakValueDictionary

from bot.model import Address

REST = timedelta(seconds=5)
"""How long a workspace that left us in doubt is sent nothing more."""


class Turns:
    """A person's messages go one after another.

    So do all of a workspace where nobody can be asked what arrived (`one_at_a_time`), each until it is settled: then a
    death leaves one message in doubt there, and not a batch.
    """

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()
        self._resting: dict[tuple[str, str], float] = {}

    def of(self, address: Address, *, one_at_a_time: bool) -> asyncio.Lock:
        """To be held from before the message leaves; whoever asks first is first."""
        place = (address.platform, address.workspace)
        return self._locks.setdefault(place if one_at_a_time else (*place, address.user), asyncio.Lock())

    def back_off(self, address: Address) -> None:
        """What waits behind a platform that hangs would wait for each of its silences in turn."""
        until = asyncio.get_running_loop().time() + REST.total_seconds()
        self._resting[address.platform, address.workspace] = until

    def backing_off_for(self, address: Address) -> timedelta:
        """How much longer its workspace rests; nothing where it doesn't."""
        until = self._resting.get((address.platform, address.workspace), 0.0)
        return timedelta(seconds=max(0.0, until - asyncio.get_running_loop().time()))
