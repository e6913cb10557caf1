"""Patience and pauses that are the test's own: nothing depends on how fast the machine is."""

from __future__ import annotations

import asyncio


class ManualPatience:
    """Endless until a test ends it: then every turn that is not done is late, however fast the machine is."""

    def __init__(self) -> None:
        self._ended = asyncio.Event()

    async def __call__(self) -> None:
        await self._ended.wait()

    def end(self) -> None:
        """Let every turn be late from now on."""
        self._ended.set()


class Pauses:
    """Pauses that take no time; `seconds` are those that were asked for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
