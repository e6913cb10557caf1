"""Many workers and many schools: nothing is sent twice, and nobody waits for somebody else's thousands.

The long form of `make crash` has 20,000 due for four workers.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.model import DeliveryState
from storage.store import SqlStore
from tests.crash.platform import Platform, running
from tests.crash.town import furnish
from tests.crash.workers import all_ended, at_work
from tests.support.limits import HANG

IS_LONG = os.environ.get("JPD_CRASH") == "long"
DUE, SECONDS = (20_000, 3_600.0) if IS_LONG else (400, HANG)
RATE = 10
EACH, SMALL, PEOPLE = 4, 50, 100


@pytest.mark.long
async def test_four_workers_share_what_is_due(postgresql_url: str, tmp_path: Path) -> None:
    store, platform = SqlStore(postgresql_url), Platform(1, share=0)
    await furnish(store, DUE)
    async with (
        asyncio.timeout(SECONDS),
        running(platform) as url,
        at_work(postgresql_url, url, 4, tmp_path / "log") as workers,
    ):
        found = await all_ended(store)
        codes = await workers.stop()
    await store.close()

    assert found == {DeliveryState.SENT: DUE}
    assert len(platform.taken) == platform.taken.total() == DUE
    assert codes == [0] * 4


@pytest.mark.quick_cases("sqlite")
async def test_fifty_small_schools_wait_less_than_five_seconds_while_a_large_one_is_at_its_limit(
    store: SqlStore, database_url: str, tmp_path: Path
) -> None:
    """Counted, not timed: in five seconds the large one gets its burst and five times its rate."""
    platform, number = Platform(1, share=0), 1 if database_url.startswith("sqlite") else 3
    await furnish(store, EACH * PEOPLE, pairs=PEOPLE // 2)
    small = {f"DU{n}" for n in range(PEOPLE - SMALL + 1, PEOPLE + 1)}
    async with store.transaction() as tx:
        await tx.connection.execute(text("UPDATE address SET workspace = 'T-large'"))
        theirs = "UPDATE address SET workspace = 'T-' || member_id WHERE member_id > :large"
        await tx.connection.execute(text(theirs), {"large": PEOPLE - SMALL})

    async with (
        asyncio.timeout(SECONDS),
        running(platform) as url,
        at_work(database_url, url, number, tmp_path / "log", rate=RATE) as workers,
    ):
        await platform.until(EACH * SMALL, small)
        await workers.stop()

    last_small = max(place for place, chat in enumerate(platform.order) if chat in small)
    meanwhile = sum(chat not in small for chat in platform.order[:last_small])
    assert 0 < meanwhile <= RATE + 5 * RATE
