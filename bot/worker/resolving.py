"""Resolving uncertain deliveries: asking the platform whether a message arrived before it is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

import structlog

from bot.errors import Disconnected, SendError, StoreAway, Uncertain, Unreachable, Untraceable
from bot.model import Delivery
from bot.rules import outcomes
from bot.worker.addresses import address_for
from bot.worker.services import Services
from bot.worker.settling import Outcome, settle

log = structlog.get_logger()


async def resolve(services: Services, uncertain: Sequence[Delivery], now: datetime) -> None:
    """Find out which of the deliveries arrived, and settle them."""
    if uncertain:
        resolved = await asyncio.gather(*(_resolve_one(services, each, now) for each in uncertain))
        await settle(services, [Outcome(each) for each in resolved])


async def _resolve_one(services: Services, delivery: Delivery, now: datetime) -> Delivery:
    try:
        async with services.store.transaction() as tx:
            stored = await tx.members.current_addresses([delivery.member_id])
            address = await address_for(tx, delivery, stored)
        messenger = services.messengers.get(address.platform) if address else None
        if address is None or messenger is None or delivery.ref:
            return outcomes.never_arrived(delivery, now)  # an update can simply be repeated
        ref = await messenger.find(address, delivery.id)
    except (Untraceable, Unreachable):  # sending again tells whether the address can be reached at all
        return outcomes.perhaps_arrived(delivery, now)
    except (SendError, Uncertain, Disconnected, StoreAway):
        return outcomes.still_uncertain(delivery, now)
    except Exception:
        log.exception("delivery.not-found-out", id=delivery.id, kind=delivery.kind)
        return outcomes.still_uncertain(delivery, now)
    return outcomes.found(delivery, ref, now) if ref else outcomes.never_arrived(delivery, now)
