"""Delivering what is due: claim, compose, send, settle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from bot.model import Delivery, Limit
from bot.ports import Directory, Messenger, Store
from bot.prompts import Prompts
from bot.rules import outcomes
from bot.use_cases import rests
from bot.worker import batch
from bot.worker.addresses import meet_seen
from bot.worker.batch import BATCH_SIZE, BatchClock, compose_batch
from bot.worker.resolving import resolve
from bot.worker.sending import send
from bot.worker.services import Services

NO_DIRECTORIES: Mapping[str, Directory] = MappingProxyType({})
NO_LIMITS: Mapping[str, Limit] = MappingProxyType({})


async def run(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    now: datetime,
    directories: Mapping[str, Directory] = NO_DIRECTORIES,
) -> int:
    """Deliver everything that is due at `now`, without rate limits, and return how many deliveries were settled.

    This is for the playground and tests, where time is set. `work.work` keeps to each workspace's limit.
    """
    services = Services(store, prompts, messengers, directories, NO_LIMITS, seconds=lambda: 0)
    async with store.transaction() as tx:
        await rests.tell_coordinators(tx, now)
    await meet_seen(services, now)
    settled, is_more = 0, True
    while is_more:
        async with store.transaction() as tx:
            await tx.deliveries.mark_expired_leases(now)
            uncertain = await tx.deliveries.claim_uncertain(now, now + outcomes.SETTLING, BATCH_SIZE)
            claimed = await tx.deliveries.claim(now, now + batch.LEASE, BATCH_SIZE)
        await resolve(services, uncertain, now)
        await deliver(services, claimed, now)
        settled += len(claimed)
        is_more = BATCH_SIZE in (len(claimed), len(uncertain))
    return settled


async def deliver(services: Services, claimed: Sequence[Delivery], now: datetime) -> None:
    """Compose, send and settle deliveries that were claimed at `now`."""
    await send(services, await compose_batch(services, claimed, BatchClock(now, services.seconds)))
