"""Workers killed at random points while the platform goes wrong in every way: nothing lost, nothing twice.

`make crash` plays the long form: 2,000 messages and 30 kills on each database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from bot.model import DeliveryState
from storage import tables as t
from storage.store import SqlStore
from tests.crash.platform import Fault, Platform, running
from tests.crash.town import TUESDAY, furnish

ROOT = Path(__file__).parents[2]
IS_LONG = os.environ.get("JPD_CRASH") == "long"
MESSAGES, KILLS, SECONDS = (2_000, 30, 900) if IS_LONG else (240, 5, 80)
FAULTY = 0.12
ENDED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.DROPPED)


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    store = SqlStore(database_url)
    yield store
    await store.close()


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
        codes = [await asyncio.wait_for(each.wait(), 30) for each in self._running]
        self._running.clear()
        return codes

    async def end(self) -> None:
        """However the test ended."""
        for each in self._running:
            if each.returncode is None:
                each.kill()
            await each.wait()


@asynccontextmanager
async def at_work(url: str, platform: Platform, number: int, log: Path) -> AsyncIterator[Workers]:
    async with AsyncExitStack() as opened:
        api_url = await opened.enter_async_context(running(platform))
        ahead = (TUESDAY - datetime.now(UTC)).total_seconds()  # noqa: TID251  # workers live in real time
        workers = Workers(log, url, api_url, str(ahead))
        opened.push_async_callback(workers.end)
        await asyncio.gather(*(workers.start() for _ in range(number)))
        yield workers


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


@pytest.mark.parametrize("seed", [2026])
async def test_whatever_dies_or_goes_wrong_every_message_arrives_once(
    store: SqlStore, database_url: str, seed: int, tmp_path: Path
) -> None:
    await furnish(store, MESSAGES)
    random, platform = Random(seed), Platform(seed, FAULTY)
    points = sorted(random.sample(range(MESSAGES // 20, MESSAGES * 9 // 10), KILLS))
    number = 1 if database_url.startswith("sqlite") else 3

    async with asyncio.timeout(SECONDS), at_work(database_url, platform, number, tmp_path / "log") as workers:
        for point in points:
            await platform.until(point)
            await workers.kill(random)
            await workers.start()
        found = await all_ended(store)
        codes = await workers.stop()

    assert found == {DeliveryState.SENT: MESSAGES}
    assert len(platform.taken) == MESSAGES, "lost"
    assert platform.taken.total() == MESSAGES, "twice"
    assert set(platform.faults) == set(Fault)
    assert codes == [0] * number


async def test_who_is_asked_to_stop_leaves_nothing_uncertain(
    store: SqlStore, database_url: str, tmp_path: Path
) -> None:
    number = MESSAGES // 4
    await furnish(store, number)
    platform = Platform(7, share=0)

    async with asyncio.timeout(SECONDS), at_work(database_url, platform, 1, tmp_path / "log") as workers:
        for part in (number // 4, number // 2):
            await platform.until(part)
            assert await workers.stop() == [0]
            left = await states(store)
            assert set(left) <= {DeliveryState.SENT, DeliveryState.QUEUED}
            assert left[DeliveryState.SENT] == platform.taken.total()
            await workers.start()
        found = await all_ended(store)

    assert found == {DeliveryState.SENT: number}
    assert platform.taken.total() == number
