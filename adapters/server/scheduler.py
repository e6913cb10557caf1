"""A heartbeat with APScheduler. It only ticks: the ledger decides what is due."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.errors import StoreAway

log = structlog.get_logger()

Tick = Callable[[datetime], Awaitable[object]]


def heartbeat(ticks: Mapping[Tick, int]) -> AsyncIOScheduler:
    """Start a scheduler that calls each tick with the time, every so many seconds.

    A tick never overlaps with itself, and a missed one is not made up for. Errors are logged here, because
    APScheduler would log their messages.
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
    except StoreAway:
        log.warning("tick.store-away")  # the next tick tries again
    except Exception:
        log.exception("tick.failed")
