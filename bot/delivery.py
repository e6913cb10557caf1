"""Claim → compose → send → settle: how what we owe goes out, each message once and at the right hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot import cycles
from bot.compose import Dropped, Later, compose
from bot.errors import SendError, Uncertain, Unreachable
from bot.message import Message
from bot.model import Address, CheckInState, Delivery, DeliveryKind, DeliveryState
from bot.ports import Messenger, Store, Tx
from bot.prompts import Prompts

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
BATCH = 50
TRIES = 5
BACKOFF = timedelta(minutes=1)
UNCONNECTED = timedelta(hours=6)


async def run(store: Store, prompts: Prompts, messengers: Mapping[str, Messenger], now: datetime) -> int:
    """Send everything that is due; how many deliveries were settled. No transaction is open while sending."""
    await _resolve_uncertain(store, messengers, now)
    settled = 0
    while True:
        async with store.transaction() as tx:
            claimed = await tx.deliveries.claim(now, now + LEASE, BATCH)
        if not claimed:
            return settled
        for delivery in claimed:
            await _deliver(store, prompts, messengers, delivery, now)
            settled += 1


async def _deliver(
    store: Store, prompts: Prompts, messengers: Mapping[str, Messenger], delivery: Delivery, now: datetime
) -> None:
    try:
        async with store.transaction() as tx:
            made = await compose(tx, prompts, delivery, now)
            address = await tx.members.address_of(delivery.member_id)
    except Exception:  # one message that cannot be made must not stop the others
        log.exception("delivery.not-composed", delivery_id=delivery.id, kind=delivery.kind)
        made, address = Later(now + BACKOFF * 2**delivery.attempts), None
        delivery = replace(delivery, attempts=delivery.attempts + 1)
    outcome = await _outcome(messengers, delivery, made, address, now)
    async with store.transaction() as tx:
        if outcome.state is DeliveryState.SENT:
            await _after_sending(tx, outcome)
        await tx.deliveries.settle(outcome)
    log.info(
        "delivery.settled",
        delivery_id=delivery.id,
        kind=delivery.kind,
        state=outcome.state,
        reason=outcome.reason,
    )


async def _outcome(
    messengers: Mapping[str, Messenger],
    delivery: Delivery,
    made: Message | Later | Dropped,
    address: Address | None,
    now: datetime,
) -> Delivery:
    match made:
        case Dropped(reason):
            return replace(delivery, state=DeliveryState.DROPPED, reason=reason, settled_at=now)
        case Later(at):
            if delivery.attempts >= TRIES:
                return replace(delivery, state=DeliveryState.FAILED, reason="too-many-tries", settled_at=now)
            return replace(delivery, state=DeliveryState.QUEUED, due_at=max(at, now + timedelta(seconds=1)))
        case Message():
            return await _send(messengers, delivery, made, address, now)


async def _send(
    messengers: Mapping[str, Messenger],
    delivery: Delivery,
    message: Message,
    address: Address | None,
    now: datetime,
) -> Delivery:
    messenger = messengers.get(address.platform) if address else None
    if address is None or messenger is None:  # owed all the same: it waits until they connect, or it expires
        return replace(delivery, state=DeliveryState.QUEUED, reason="not-connected", due_at=now + UNCONNECTED)
    tried = replace(delivery, attempts=delivery.attempts + 1)
    try:
        if delivery.ref:
            await messenger.update(address, delivery.ref, message)
            ref = delivery.ref
        else:
            ref = await messenger.send(address, message, delivery.id)
    except Unreachable:
        return replace(tried, state=DeliveryState.FAILED, reason="unreachable", settled_at=now)
    except SendError as refused:
        if tried.attempts >= TRIES:
            return replace(tried, state=DeliveryState.FAILED, reason="too-many-tries", settled_at=now)
        wait = refused.retry_after or BACKOFF * 2**delivery.attempts
        return replace(tried, state=DeliveryState.QUEUED, due_at=now + wait)
    except Uncertain:
        return replace(tried, state=DeliveryState.UNCERTAIN, reason="unknown")
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)


async def _after_sending(tx: Tx, sent: Delivery) -> None:
    """A check-in that has reached its owner is open, and the next plain reply answers its first question."""
    if sent.kind is not DeliveryKind.CHECK_IN:
        return
    check_in = await tx.check_ins.get(sent.subject_id)
    if check_in is None or check_in.state is not CheckInState.PLANNED:
        return
    cycle = await tx.cycles.get(check_in.cycle_id)
    pack = await cycles.pack_of(tx, cycle)
    first = pack.step(check_in.step).words("en").questions[0].key
    await tx.check_ins.save(replace(check_in, state=CheckInState.OPEN, asking=first))


async def _resolve_uncertain(store: Store, messengers: Mapping[str, Messenger], now: datetime) -> None:
    """What was being sent when a process died: ask the platform whether it arrived before sending again."""
    async with store.transaction() as tx:
        uncertain = await tx.deliveries.lapse(now)
        addresses = {each.id: await tx.members.address_of(each.member_id) for each in uncertain}
    for delivery in uncertain:
        address = addresses[delivery.id]
        messenger = messengers.get(address.platform) if address else None
        ref = await messenger.find(address, delivery.id) if address and messenger else None
        found = replace(delivery, state=DeliveryState.SENT, reason="", ref=ref or "", settled_at=now)
        again = replace(delivery, state=DeliveryState.QUEUED, reason="", due_at=now)
        async with store.transaction() as tx:
            if ref:
                await _after_sending(tx, found)
            await tx.deliveries.settle(found if ref else again)
