"""Workers killed at random points while the platform goes wrong in every way: nothing is lost.

Nothing comes twice where it can be asked about; where it cannot, at most one a kill or a fault after the fact.

`make crash` plays the long form: 2,000 messages and 30 kills on each platform and database.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import func, select

from bot.model import DeliveryState
from storage import tables as t
from storage.store import SqlStore
from tests.crash.platform import AFTER, Fault, Platform, running
from tests.crash.town import TUESDAY, furnish

ROOT = Path(__file__).parents[2]
IS_LONG = os.environ.get("JPD_CRASH") == "long"
SECONDS = 900 if IS_LONG else 80
SIZES = dict.fromkeys(("slack", "teams"), (2000, 30)) if IS_LONG else {"slack": (240, 5), "teams": (120, 3)}
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
async def at_work(database_url: str, platform_url: str, number: int, log: Path) -> AsyncIterator[Workers]:
    ahead = (TUESDAY - datetime.now(UTC)).total_seconds()  # noqa: TID251  # workers live in real time
    workers = Workers(log, database_url, platform_url, str(ahead))
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


async def perhaps_twice(store: SqlStore) -> set[str]:
    """The notes that the ledger says may have arrived twice."""
    async with store.transaction() as tx:
        marked = select(t.note.c.text).join(t.delivery, t.delivery.c.subject_id == t.note.c.id)
        return set((await tx.connection.execute(marked.where(t.delivery.c.perhaps_twice))).scalars())


@pytest.mark.parametrize(("where", "seed"), [("slack", 2026), ("teams", 2027)])
async def test_whatever_dies_or_goes_wrong_every_message_arrives_once(
    store: SqlStore, database_url: str, where: str, seed: int, tmp_path: Path
) -> None:
    (messages, kills), random, platform = SIZES[where], Random(seed), Platform(seed, FAULTY)
    points = sorted(random.sample(range(messages // 20, messages * 9 // 10), kills))
    number = 1 if database_url.startswith("sqlite") else 3

    async with asyncio.timeout(SECONDS), running(platform) as url:
        await furnish(store, messages, where, url)
        async with at_work(database_url, url, number, tmp_path / "log") as workers:
            for point in points:
                await platform.until(point)
                await workers.kill(random)
                await workers.start()
            found = await all_ended(store)
            codes = await workers.stop()

    assert found == {DeliveryState.SENT: messages}
    assert len(platform.taken) == messages, "lost"
    twice = {note for note, times in platform.taken.items() if times > 1}
    assert twice <= await perhaps_twice(store)
    in_doubt = kills + sum(platform.faults[each] for each in AFTER)
    assert platform.taken.total() - messages <= (0 if where == "slack" else in_doubt)
    assert set(platform.faults) == set(Fault)
    assert codes == [0] * number


async def test_who_is_asked_to_stop_leaves_nothing_uncertain(
    store: SqlStore, database_url: str, tmp_path: Path
) -> None:
    number = SIZES["slack"][0] // 4
    await furnish(store, number)
    platform = Platform(7, share=0)

    async with (
        asyncio.timeout(SECONDS),
        running(platform) as url,
        at_work(database_url, url, 1, tmp_path / "log") as workers,
    ):
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
