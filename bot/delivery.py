"""Claim → compose → send → settle: how what we owe goes out, each message once and at the right hour."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

import structlog

from bot import cycles, places, workspaces
from bot.compose import Dropped, Later, compose
from bot.errors import Disconnected, SendError, Uncertain, Unreachable
from bot.message import Message
from bot.model import ASKS, Address, CheckInState, Delivery, DeliveryKind, DeliveryState
from bot.ports import Directory, Messenger, Store, Tx
from bot.prompts import Prompts

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
BATCH = 20
TRIES = 5
BACKOFF = timedelta(minutes=1)
UNCONNECTED = timedelta(hours=6)
SETTLING = timedelta(minutes=2)
"""How long a slow platform may still take an uncertain try; asked sooner, it says no, and it would arrive twice."""
NOBODY_ASKED: Mapping[str, Directory] = MappingProxyType({})


async def run(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    now: datetime,
    directories: Mapping[str, Directory] = NOBODY_ASKED,
) -> int:
    """Send everything that is due; how many deliveries were settled. No transaction is open while sending."""
    settled, is_more = 0, True
    while is_more:
        async with store.transaction() as tx:
            uncertain = await tx.deliveries.lapse(now)
            claimed = await tx.deliveries.claim(now, now + LEASE, BATCH)
        for delivery in uncertain:
            await _resolve(store, messengers, delivery, now)
        await _deliver(store, prompts, messengers, directories, claimed, now)
        settled += len(claimed)
        is_more = len(claimed) == BATCH
    return settled


Made: TypeAlias = tuple[Delivery, Message | Later | Dropped, Address | None]


async def _deliver(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    directories: Mapping[str, Directory],
    claimed: Sequence[Delivery],
    now: datetime,
) -> None:
    """Compose a batch, send each, settle the batch: a transaction before and one after, none meanwhile."""
    gathering = frozenset(platform for platform, each in directories.items() if each.gathers)
    composed = [
        await _addressed(store, directories, made, now)
        for made in await _composed(store, prompts, claimed, now, gathering)
    ]
    outcomes = await asyncio.gather(*(_outcome(messengers, *made, now) for made in composed))
    async with store.transaction() as tx:
        for outcome in outcomes:
            if outcome.state is DeliveryState.SENT:
                await _after_sending(tx, outcome)
            await tx.deliveries.settle(outcome)
    for each in outcomes:
        log.info("delivery.settled", id=each.id, kind=each.kind, state=each.state, reason=each.reason)


async def _addressed(store: Store, directories: Mapping[str, Directory], made: Made, now: datetime) -> Made:
    """Whoever has no address yet is looked for by e-mail in the workspaces that their schools were linked to."""
    delivery, message, address = made
    if address is not None or not isinstance(message, Message) or not directories:
        return made
    async with store.transaction() as tx:
        member = await tx.members.get(delivery.member_id)
        places = await workspaces.where_to_look(tx, member)
    for place in places if member.email else ():
        directory = directories.get(place.platform)
        try:
            found = await directory.named(place.id, member.email) if directory else None
        except Disconnected:
            continue
        except SendError as silent:
            return delivery, Later(now + (silent.retry_after or BACKOFF)), None
        if found is not None:
            async with store.transaction() as tx:
                await tx.members.connect(found, member.id, now)
            return delivery, message, found
    return made


async def _composed(
    store: Store, prompts: Prompts, claimed: Sequence[Delivery], now: datetime, gathering: Collection[str]
) -> list[Made]:
    try:
        return await _compose_together(store, prompts, claimed, now, gathering)
    except Exception:  # one message that cannot be made must not stop the others
        if len(claimed) > 1:
            alone = [await _composed(store, prompts, [each], now, gathering) for each in claimed]
            return [made for each in alone for made in each]
        [delivery] = claimed
        log.exception("delivery.not-composed", id=delivery.id, kind=delivery.kind)
        tried = replace(delivery, attempts=delivery.attempts + 1)
        return [(tried, Later(now + BACKOFF * 2**delivery.attempts), None)]


async def _compose_together(
    store: Store, prompts: Prompts, claimed: Sequence[Delivery], now: datetime, gathering: Collection[str]
) -> list[Made]:
    asked: set[int] = set()
    batch: list[Made] = []
    async with store.transaction() as tx:
        for delivery in claimed:
            made = await compose(tx, prompts, delivery, now, gathering)
            if isinstance(made, Message) and delivery.kind in ASKS:
                if delivery.member_id in asked:  # the first of the batch is not in the ledger yet
                    made = Later(now + timedelta(minutes=1))
                asked.add(delivery.member_id)
            batch.append((delivery, made, await _address(tx, delivery)))
    return batch


async def _address(tx: Tx, delivery: Delivery) -> Address | None:
    if delivery.kind is DeliveryKind.TOGETHER:
        return await places.shared_chat(tx, await tx.pairings.get(delivery.subject_id))
    return await tx.members.address_of(delivery.member_id)


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
    unconnected = replace(
        delivery, state=DeliveryState.QUEUED, reason="not-connected", due_at=now + UNCONNECTED
    )
    if address is None or messenger is None:  # owed all the same: it waits until they connect, or it expires
        return unconnected
    tried = replace(delivery, attempts=delivery.attempts + 1)
    try:
        if delivery.ref:
            await messenger.update(address, delivery.ref, message)
            ref = delivery.ref
        else:
            ref = await messenger.send(address, message, delivery.id)
    except Disconnected:
        return unconnected
    except Unreachable as never:
        return replace(tried, state=DeliveryState.FAILED, reason=never.reason, settled_at=now)
    except SendError as refused:
        if refused.retry_after is not None:  # told when to come back: no failed try
            return replace(delivery, state=DeliveryState.QUEUED, due_at=now + refused.retry_after)
        if tried.attempts >= TRIES:
            return replace(tried, state=DeliveryState.FAILED, reason="too-many-tries", settled_at=now)
        return replace(tried, state=DeliveryState.QUEUED, due_at=now + BACKOFF * 2**delivery.attempts)
    except Uncertain:
        return _uncertain(tried, now)
    except Exception:  # one message that breaks its messenger must not stop the others
        log.exception("delivery.broke", id=delivery.id, kind=delivery.kind)
        return _uncertain(tried, now)
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)


def _uncertain(tried: Delivery, now: datetime) -> Delivery:
    """Asked about when the platform has had its time; an update in place may be repeated at once."""
    asked_at = now if tried.ref else now + SETTLING
    return replace(tried, state=DeliveryState.UNCERTAIN, reason="unknown", due_at=asked_at)


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
    except Unreachable as never:
        resolved = replace(delivery, state=DeliveryState.FAILED, reason=never.reason, settled_at=now)
    except (SendError, Uncertain, Disconnected):  # still unknown: asked again later
        resolved = replace(delivery, due_at=now + SETTLING)
    except Exception:
        log.exception("delivery.not-found-out", id=delivery.id, kind=delivery.kind)
        resolved = replace(delivery, due_at=now + SETTLING)
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
