"""APScheduler as the heartbeat, nothing more: it ticks, and the delivery table decides what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

Tick = Callable[[datetime], Awaitable[object]]


def heartbeat(tick: Tick, seconds: int) -> AsyncIOScheduler:
    """A started scheduler that calls `tick` with the time; a slow tick is never overlapped or made up for."""

    async def beat() -> None:
        await tick(datetime.now(UTC))

    scheduler = AsyncIOScheduler(timezone=UTC)
    scheduler.add_job(
        beat,
        "interval",
        seconds=seconds,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
        next_run_time=datetime.now(UTC),
    )
    scheduler.start()
    return scheduler
