"""Claim → compose → send → settle: how what we owe goes out, each message once and at the right hour."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeAlias

import structlog

from bot import cycles
from bot.compose import Dropped, Later, compose
from bot.errors import SendError, Uncertain, Unreachable
from bot.message import Message
from bot.model import ASKS, Address, CheckInState, Delivery, DeliveryKind, DeliveryState
from bot.ports import Messenger, Store, Tx
from bot.prompts import Prompts

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
BATCH = 20
TRIES = 5
BACKOFF = timedelta(minutes=1)
UNCONNECTED = timedelta(hours=6)


async def run(store: Store, prompts: Prompts, messengers: Mapping[str, Messenger], now: datetime) -> int:
    """Send everything that is due; how many deliveries were settled. No transaction is open while sending."""
    settled, is_more = 0, True
    while is_more:
        async with store.transaction() as tx:
            uncertain = await tx.deliveries.lapse(now)
            claimed = await tx.deliveries.claim(now, now + LEASE, BATCH)
        for delivery in uncertain:
            await _resolve(store, messengers, delivery, now)
        await _deliver(store, prompts, messengers, claimed, now)
        settled += len(claimed)
        is_more = len(claimed) == BATCH
    return settled


Made: TypeAlias = tuple[Delivery, Message | Later | Dropped, Address | None]


async def _deliver(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    claimed: Sequence[Delivery],
    now: datetime,
) -> None:
    """Compose a batch, send each, settle the batch: a transaction before and one after, none meanwhile."""
    composed = await _composed(store, prompts, claimed, now)
    outcomes = await asyncio.gather(*(_outcome(messengers, *made, now) for made in composed))
    async with store.transaction() as tx:
        for outcome in outcomes:
            if outcome.state is DeliveryState.SENT:
                await _after_sending(tx, outcome)
            await tx.deliveries.settle(outcome)
    for each in outcomes:
        log.info("delivery.settled", id=each.id, kind=each.kind, state=each.state, reason=each.reason)


async def _composed(store: Store, prompts: Prompts, claimed: Sequence[Delivery], now: datetime) -> list[Made]:
    try:
        return await _compose_together(store, prompts, claimed, now)
    except Exception:  # one message that cannot be made must not stop the others
        if len(claimed) > 1:
            return [made for each in claimed for made in await _composed(store, prompts, [each], now)]
        [delivery] = claimed
        log.exception("delivery.not-composed", id=delivery.id, kind=delivery.kind)
        tried = replace(delivery, attempts=delivery.attempts + 1)
        return [(tried, Later(now + BACKOFF * 2**delivery.attempts), None)]


async def _compose_together(
    store: Store, prompts: Prompts, claimed: Sequence[Delivery], now: datetime
) -> list[Made]:
    asked: set[int] = set()
    batch: list[Made] = []
    async with store.transaction() as tx:
        for delivery in claimed:
            made = await compose(tx, prompts, delivery, now)
            if isinstance(made, Message) and delivery.kind in ASKS:
                if delivery.member_id in asked:  # the first of the batch is not in the ledger yet
                    made = Later(now + timedelta(minutes=1))
                asked.add(delivery.member_id)
            batch.append((delivery, made, await tx.members.address_of(delivery.member_id)))
    return batch


async def _outcome(
    messengers: Mapping[str, Messenger],
    delivery: Delivery,
    made: Message | Later | Dropped,
    address: Address | None,
    now: datetime,
) -> Delivery:
    match made:
        case Dropped(reason):
            # What stands on the platform already stays sent: it can still be mended there later.
            state = DeliveryState.SENT if delivery.ref else DeliveryState.DROPPED
            return replace(delivery, state=state, reason="" if delivery.ref else reason, settled_at=now)
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
    except Exception:  # one message that breaks its messenger must not stop the others
        log.exception("delivery.broke", id=delivery.id, kind=delivery.kind)
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


async def _resolve(
    store: Store, messengers: Mapping[str, Messenger], delivery: Delivery, now: datetime
) -> None:
    """What was being sent when a process died: ask the platform whether it arrived before sending again."""
    async with store.transaction() as tx:
        address = await tx.members.address_of(delivery.member_id)
    try:
        resolved = _resolved(delivery, await _found(messengers, delivery, address), now)
    except Exception:  # still unknown: the next tick asks again
        log.exception("delivery.not-found-out", id=delivery.id, kind=delivery.kind)
        return
    async with store.transaction() as tx:
        if resolved.state is DeliveryState.SENT:
            await _after_sending(tx, resolved)
        await tx.deliveries.settle(resolved)


async def _found(
    messengers: Mapping[str, Messenger], delivery: Delivery, address: Address | None
) -> str | None:
    messenger = messengers.get(address.platform) if address else None
    if address is None or messenger is None or delivery.ref:
        return None  # an update is simply repeated: what would be found is the message that it mends
    return await messenger.find(address, delivery.id)


def _resolved(delivery: Delivery, ref: str | None, now: datetime) -> Delivery:
    if ref:
        return replace(delivery, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)
    if delivery.attempts >= TRIES:
        return replace(delivery, state=DeliveryState.FAILED, reason="too-many-tries", settled_at=now)
    return replace(delivery, state=DeliveryState.QUEUED, reason="", due_at=now)
