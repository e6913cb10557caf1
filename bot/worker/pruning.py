"""Deleting what has been kept long enough, in small portions beside the sending."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bot.ports import Store
from bot.use_cases import accounts, workspaces
from bot.use_cases.kept_files import FILES_KEPT

log = structlog.get_logger()

EVENTS_KEPT = timedelta(days=30)
"""The time for which a repeated event is recognised."""
WORDS_KEPT = timedelta(hours=24)
"""The time for which typed text waits for its author to say what it is."""
LANES_KEPT = timedelta(days=30)
"""The time for which an unused lane keeps the name of its workspace."""
PORTION = 1_000
"""Deliveries deleted in one transaction."""
SECONDS_BETWEEN_PORTIONS = 0.05
"""On SQLite only one transaction can write at a time, so the others get a turn."""


async def prune(store: Store, ledger_kept: timedelta, stopped: asyncio.Event) -> None:
    """Delete what has been kept long enough, until stopped. Any number of workers may prune at the same time."""
    now = await store.now()
    async with store.transaction() as tx:
        await tx.events.prune(now - EVENTS_KEPT)
    async with store.transaction() as tx:
        await tx.members.prune_words(now - WORDS_KEPT)
        await tx.files.prune(now - FILES_KEPT)
    async with store.transaction() as tx:
        await workspaces.erase_removed(tx, now)
    async with store.transaction() as tx:
        await tx.accounts.prune_questions(now - accounts.QUESTION_LASTS)
    async with store.transaction() as tx:
        await tx.workspaces.prune_expired(now)
    async with store.transaction() as tx:
        await tx.lanes.prune(now - LANES_KEPT)
    await prune_ledger(store, now - ledger_kept, stopped)


async def prune_ledger(store: Store, before: datetime, stopped: asyncio.Event) -> int:
    """Delete deliveries that were settled, in cycles that were closed, before that time; return how many.

    Only closed cycles are pruned, and nothing that is deleted can be owed again: what may still be owed after a
    cycle, such as a partner's note or a reply, carries words and is kept.
    """
    async with store.transaction() as tx:
        cycles = await tx.deliveries.cycles_to_prune(before)
    deleted = 0
    for cycle_id in (None, *cycles):
        portion = PORTION
        while portion == PORTION and not stopped.is_set():
            async with store.transaction() as tx:
                portion = await tx.deliveries.prune(cycle_id, before, PORTION)
            deleted += portion
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), SECONDS_BETWEEN_PORTIONS)
    if deleted:
        log.info("ledger.pruned", n=deleted)
    return deleted
