"""A batch of claimed deliveries, composed and ready to be sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.errors import StoreAway
from bot.message import Message
from bot.model import ASKS, Address, Delivery
from bot.rules import outcomes
from bot.worker.addresses import address_for
from bot.worker.carried import Dropped, Later
from bot.worker.compose import compose
from bot.worker.services import Services
from bot.worker.shared import read_shared

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
"""The time for which a worker holds what it has claimed."""
BATCH_SIZE = 20


class BatchClock:
    """The time for one batch: the time of its claim on the store's clock, and the whole seconds since."""

    def __init__(self, claimed_at: datetime, seconds: Callable[[], float]) -> None:
        self.claimed_at, self._seconds, self._start = claimed_at, seconds, seconds()

    @property
    def elapsed(self) -> timedelta:
        """The time since the batch was claimed."""
        return timedelta(seconds=int(self._seconds() - self._start))

    @property
    def now(self) -> datetime:
        """The time on the clock that the lease was given by."""
        return self.claimed_at + self.elapsed

    @property
    def is_half_spent(self) -> bool:
        """Return whether less than half of the lease is left: too little to begin sending."""
        return self.elapsed > LEASE / 2


@dataclass(frozen=True, slots=True)
class Composed:
    """A claimed delivery with its message, or with why there is none; the address is None while it has none."""

    delivery: Delivery
    result: Message | Later | Dropped
    address: Address | None

    @property
    def is_ask(self) -> bool:
        """Return whether the delivery counts as the member's ask of the day."""
        return isinstance(self.result, Message) and self.delivery.kind in ASKS


@dataclass(frozen=True)
class Batch:
    """Composed deliveries of one claim."""

    composed: Sequence[Composed]
    clock: BatchClock


async def compose_batch(services: Services, claimed: Sequence[Delivery], clock: BatchClock) -> Batch:
    """Compose claimed deliveries in one transaction, as of the moment when they were claimed."""
    now = clock.claimed_at
    try:
        return Batch(await _compose_each_if_needed(services, claimed, now), clock)
    except StoreAway:  # nothing was sent: everything is due again, and no try is counted
        return Batch([Composed(each, Later(now), None) for each in claimed], clock)


async def _compose_each_if_needed(
    services: Services, claimed: Sequence[Delivery], now: datetime, asked: Collection[int] = ()
) -> list[Composed]:
    """Compose all together; if that fails, one by one, so that one faulty message does not stop the others.

    `asked` holds the members who have an ask in this batch already, which the ledger does not show yet.
    """
    try:
        return await _compose_together(services, claimed, now, asked)
    except StoreAway:
        raise
    except Exception:
        if len(claimed) > 1:
            batch: list[Composed] = []
            for each in claimed:
                batch += await _compose_each_if_needed(services, [each], now, _asked(batch))
            return batch
        [delivery] = claimed
        log.exception("delivery.not-composed", id=delivery.id, kind=delivery.kind)
        tried = replace(delivery, attempts=delivery.attempts + 1)
        return [Composed(tried, Later(now + outcomes.backoff(tried)), None)]


async def _compose_together(
    services: Services, claimed: Sequence[Delivery], now: datetime, asked: Collection[int]
) -> list[Composed]:
    group_chats = frozenset(platform for platform, each in services.directories.items() if each.gathers)
    batch: list[Composed] = []
    async with services.store.transaction() as tx:
        shared = await read_shared(tx, claimed, now)
        for delivery in claimed:
            result = await compose(tx, services.prompts, shared, delivery, now, group_chats)
            composed = Composed(delivery, result, await address_for(tx, delivery, shared.addresses))
            if composed.is_ask and delivery.member_id in {*asked, *_asked(batch)}:
                composed = replace(composed, result=Later(now + timedelta(minutes=1)))
            batch.append(composed)
    return batch


def _asked(batch: Sequence[Composed]) -> set[int]:
    """Return the members who have an ask in the batch."""
    return {each.delivery.member_id for each in batch if each.is_ask}
