"""Workers: line up → claim → deliver, at the pace of every workspace, by any number of processes, until stopped."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from bot import delivery, outcomes
from bot.delivery import Means
from bot.errors import StoreAway
from bot.model import Limit
from bot.ports import Directory, Messenger, Store
from bot.prompts import Prompts

log = structlog.get_logger()

AFTER_A_MISHAP = 5.0
"""Seconds."""
WHILE_AWAY = (1.0, 2.0, 4.0, 8.0, 15.0)
"""Seconds between two tries while the store is away: few lines in the log, and nobody waits long after it is back."""
AT_LEAST = 0.02
"""Seconds between two looks at a lane that another worker holds at this moment."""


@dataclass(frozen=True)
class Rhythm:
    """How a worker works."""

    limits: Mapping[str, Limit]
    """By platform: how fast a workspace takes messages."""
    tick: timedelta
    """How long it waits while nothing is due."""
    stop: timedelta
    """How long it may go on finishing what is under way."""
    hands: int = 4
    """Batches under way at once."""


async def work(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    directories: Mapping[str, Directory],
    rhythm: Rhythm,
    stopped: asyncio.Event,
) -> None:
    """Send what is due until stopped; then claim nothing more, finish what is under way, and settle it.

    What could not be finished in time stays on its lease: the platform is asked about it when that has ended.
    """

    means = Means(store, prompts, messengers, directories, rhythm.limits)
    told = 0  # how often the store was missed by one hand: they all miss it, and one says so

    async def hand() -> None:
        nonlocal told
        missed = 0
        while not stopped.is_set():
            try:
                pause = await _round(means, rhythm.tick)
                if told:
                    log.info("work.store-is-back")
                missed = told = 0
            except StoreAway:
                pause = WHILE_AWAY[min(missed, len(WHILE_AWAY) - 1)]
                missed += 1
                if missed > told:
                    log.warning("work.store-away", again_in=pause)
                    told = missed
            except Exception:  # whatever it was, what is due stays due
                log.exception("work.interrupted")
                pause = AFTER_A_MISHAP
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), pause)

    hands = [asyncio.create_task(hand()) for _ in range(rhythm.hands)]
    await stopped.wait()
    _, late = await asyncio.wait(hands, timeout=rhythm.stop.total_seconds())
    for each in late:
        each.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    log.info("work.stopped", unfinished=len(late))


async def _round(means: Means, tick: timedelta) -> float:
    """One batch, and how many seconds to wait before the next."""
    store = means.store
    now = await store.now()
    async with store.transaction() as tx:
        lined_up = await tx.lanes.line_up(now, means.limits)
    async with store.transaction() as tx:
        await tx.deliveries.lapse(now)
        uncertain = await tx.deliveries.claim_uncertain(now, now + outcomes.SETTLING, delivery.BATCH)
        claimed = await tx.lanes.claim(now, now + delivery.LEASE, delivery.BATCH)
        ready_at = await tx.lanes.next_ready()
    if claimed:
        await delivery.deliver(means, claimed, now)
    await delivery.resolve(means, uncertain, now)
    if lined_up or uncertain or claimed:
        return 0
    until_ready = (ready_at - now if ready_at else tick).total_seconds()
    return max(AT_LEAST, min(until_ready, tick.total_seconds()))
