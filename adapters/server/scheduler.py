"""APScheduler as the heartbeat, nothing more: it ticks, and the delivery table decides what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

log = structlog.get_logger()

Tick = Callable[[datetime], Awaitable[object]]


def heartbeat(ticks: Mapping[Tick, int]) -> AsyncIOScheduler:
    """A started scheduler that calls each tick with the time, every so many seconds.

    A slow tick is never overlapped or made up for. One that fails is logged here: APScheduler logs errors' words.
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
    try:
        await tick(datetime.now(UTC))
    except Exception:
        log.exception("tick.failed")
