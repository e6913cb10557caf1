"""Workers as processes that can be killed, and what became of what was owed."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from sqlalchemy import func, select

from bot.model import DeliveryState
from storage import tables as t
from storage.store import SqlStore
from tests.crash.town import TUESDAY
from tests.support.limits import HANG
from tests.support.places import ROOT

ENDED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)


class Workers:
    """Processes that can be killed and come back."""

    def __init__(self, log: Path, *words: str) -> None:
        self._words, self._log = words, log
        self._running: list[Process] = []

    async def start(self) -> None:
        with self._log.open("a") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.crash.worker", *self._words,
                cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        self._running.append(process)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"at work\n"

    async def kill(self, which: Random) -> None:
        process = self._running.pop(which.randrange(len(self._running)))
        process.kill()
        await process.wait()

    async def stop(self) -> list[int]:
        """In order; their exit codes."""
        for each in self._running:
            each.send_signal(signal.SIGTERM)
        codes = [await asyncio.wait_for(each.wait(), HANG) for each in self._running]
        self._running.clear()
        return codes

    async def end(self) -> None:
        """However the test ended."""
        for each in self._running:
            if each.returncode is None:
                each.kill()
            await each.wait()


@asynccontextmanager
async def at_work(
    database_url: str, platform_url: str, number: int, log: Path, *, rate: int = 300
) -> AsyncIterator[Workers]:
    """So many workers; `rate`: messages a second that a workspace takes."""
    ahead = (TUESDAY - datetime.now(UTC)).total_seconds()  # noqa: TID251  # workers live in real time
    workers = Workers(log, database_url, platform_url, str(ahead), str(rate))
    try:
        await asyncio.gather(*(workers.start() for _ in range(number)))
        yield workers
    finally:
        await workers.end()


async def states(store: SqlStore) -> Counter[DeliveryState]:
    async with store.transaction() as tx:
        counted = select(t.delivery.c.state, func.count().label("number")).group_by(t.delivery.c.state)
        return Counter({row.state: row.number for row in await tx.connection.execute(counted)})


async def all_ended(store: SqlStore) -> Counter[DeliveryState]:
    while True:
        found = await states(store)
        if sum(found[each] for each in ENDED) == found.total():
            return found
        await asyncio.sleep(0.1)  # other processes work meanwhile
