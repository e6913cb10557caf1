"""APScheduler as the heartbeat, nothing more: it ticks, and the delivery table decides what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Tick = Callable[[datetime], Awaitable[object]]


def heartbeat(ticks: Mapping[Tick, int]) -> AsyncIOScheduler:
    """A started scheduler that calls each tick with the time, every so many seconds.

    A slow tick is never overlapped or made up for.
    """
    scheduler = AsyncIOScheduler(timezone=UTC)
    for tick, seconds in ticks.items():
        scheduler.add_job(
            _beat,
            "interval",
            args=[tick],
            seconds=seconds,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )
    scheduler.start()
    return scheduler


async def _beat(tick: Tick) -> None:
    await tick(datetime.now(UTC))
