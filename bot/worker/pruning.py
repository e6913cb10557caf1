"""How long what is kept is kept: what has had its time goes, a little at a time, beside the sending."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.ports import Store
from bot.use_cases import workspaces

log = structlog.get_logger()

EVENTS_KEPT = timedelta(days=30)
"""How long a repeated event is known as one."""
LANES_KEPT = timedelta(days=30)
"""How long a workspace to which nothing goes has a lane: so its name goes when what came from it is erased."""
PORTION = 1_000
"""Deliveries forgotten in one transaction."""
A_BREATH = 0.05
"""Seconds between two of them, in which everybody else has their turn: on SQLite one writes at a time."""


async def prune(store: Store, ledger_kept: timedelta, stopped: asyncio.Event) -> None:
    """Forget what has had its time, until stopped. Any number of workers may prune at once."""
    now = await store.now()
    async with store.transaction() as tx:
        await tx.events.prune(now - EVENTS_KEPT)
    async with store.transaction() as tx:
        await workspaces.erase_removed(tx, now)
    async with store.transaction() as tx:
        await tx.lanes.prune(now - LANES_KEPT)
    await prune_ledger(store, now - ledger_kept, stopped)


async def prune_ledger(store: Store, before: datetime, stopped: asyncio.Event) -> int:
    """Forget deliveries that were settled before then, of cycles that were closed before then; how many.

    A cycle's deliveries are all there as long as it can be looked at, and nothing that is forgotten can be owed again:
    what is owed after a cycle, a partner's note or a reply, carries words and stays.
    """
    async with store.transaction() as tx:
        cycles = await tx.deliveries.cycles_to_prune(before)
    forgotten = 0
    for cycle_id in (None, *cycles):
        portion = PORTION
        while portion == PORTION and not stopped.is_set():
            async with store.transaction() as tx:
                portion = await tx.deliveries.prune(cycle_id, before, PORTION)
            forgotten += portion
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), A_BREATH)
    if forgotten:
        log.info("ledger.pruned", n=forgotten)
    return forgotten
