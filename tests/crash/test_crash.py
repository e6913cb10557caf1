"""Workers killed at random points while the platform goes wrong in every way: nothing is lost.

Nothing comes twice where it can be asked about; where it cannot, at most one a kill or a fault after the fact.

`make crash` plays the long form: 2,000 messages and 30 kills on each platform and database.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from bot.model import DeliveryState
from storage import tables as t
from storage.store import SqlStore
from tests.crash.platform import AFTER, Fault, Platform, running
from tests.crash.town import furnish
from tests.crash.workers import all_ended, at_work, states
from tests.support.limits import HANG

IS_LONG = os.environ.get("JPD_CRASH") == "long"
SECONDS = 3_600 if IS_LONG else HANG
SIZES = dict.fromkeys(("slack", "teams"), (2000, 30)) if IS_LONG else {"slack": (120, 3), "teams": (60, 2)}
FAULTY = 0.12


async def perhaps_twice(store: SqlStore) -> set[str]:
    """Return the notes that may have arrived twice, according to the ledger."""
    async with store.transaction() as tx:
        marked = select(t.note.c.text).join(t.delivery, t.delivery.c.subject_id == t.note.c.id)
        return set((await tx.connection.execute(marked.where(t.delivery.c.perhaps_twice))).scalars())


@pytest.mark.quick_cases("postgresql-slack-2026")
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


@pytest.mark.quick_cases("postgresql")
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
