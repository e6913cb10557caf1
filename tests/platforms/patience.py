"""A platform's patience that a test ends."""

from __future__ import annotations

import asyncio


class Patience:
    """Endless until a test ends it: then every turn that is not done is late, however fast the machine is."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    async def __call__(self) -> None:
        await self._ended.wait()

    def end(self) -> None:
        """Let every turn be late from now on."""
        self._ended.set()
