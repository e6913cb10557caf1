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
from bot.errors import Disconnected, SendError, StoreAway, Uncertain, Unreachable
from bot.message import Message
from bot.model import ASKS, Address, CheckInState, Delivery, DeliveryKind, DeliveryState, Limit
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
TOGETHER = 0.05
"""Seconds: what ends within them is settled in one transaction (measured: four to six times as many a second)."""
SETTLED_AGAIN_AFTER = (1, 2, 4, 8, 16, 32)
"""Seconds: together less than what a lease leaves after the slowest platform."""
NOBODY_ASKED: Mapping[str, Directory] = MappingProxyType({})
UNLIMITED: Mapping[str, Limit] = MappingProxyType({})


async def run(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    now: datetime,
    directories: Mapping[str, Directory] = NOBODY_ASKED,
) -> int:
    """Send everything that is due, at once: for time that is played. How many deliveries were settled.

    `working.work` sends at the pace of each workspace.
    """
    settled, is_more = 0, True
    while is_more:
        async with store.transaction() as tx:
            await tx.deliveries.lapse(now)
            uncertain = await tx.deliveries.claim_uncertain(now, now + SETTLING, BATCH)
            claimed = await tx.deliveries.claim(now, now + LEASE, BATCH)
        await resolve(store, messengers, uncertain, now)
        await deliver(store, prompts, messengers, directories, claimed, now)
        settled += len(claimed)
        is_more = BATCH in (len(claimed), len(uncertain))
    return settled


Made: TypeAlias = tuple[Delivery, Message | Later | Dropped, Address | None]
Outcome: TypeAlias = tuple[Delivery, Address | None]
"""What became of a delivery, and whose workspace wants nothing more before it is due again."""


async def deliver(
    store: Store,
    prompts: Prompts,
    messengers: Mapping[str, Messenger],
    directories: Mapping[str, Directory],
    claimed: Sequence[Delivery],
    now: datetime,
    limits: Mapping[str, Limit] = UNLIMITED,
) -> None:
    """Compose a batch in one transaction, send each, and settle together what ends at about the same moment.

    A platform that hangs keeps nobody waiting but its own message. No transaction is open while sending.
    """
    gathering = frozenset(platform for platform, each in directories.items() if each.gathers)
    composed: list[Made]
    try:
        composed = [
            await _addressed(store, directories, made, now)
            for made in await _composed(store, prompts, claimed, now, gathering)
        ]
    except StoreAway:  # nothing went out: all of it is due again, and no try was lost
        composed = [(each, Later(now), None) for each in claimed]
    sending = {asyncio.create_task(_outcome(messengers, *made, now)) for made in composed}
    try:
        while sending:
            done, sending = await asyncio.wait(sending, timeout=TOGETHER)
            await _settle(store, [each.result() for each in done], limits)
    finally:  # whoever stops us stops what is under way
        for each in sending:
            each.cancel()


async def resolve(
    store: Store, messengers: Mapping[str, Messenger], uncertain: Sequence[Delivery], now: datetime
) -> None:
    """What was being sent when a process died: ask the platform whether it arrived before sending again."""
    if uncertain:
        async with store.transaction() as tx:
            addresses = [await _address(tx, each) for each in uncertain]
        asked = zip(uncertain, addresses, strict=True)
        resolved = await asyncio.gather(*(_asked_about(messengers, *each, now) for each in asked))
        await _settle(store, [(each, None) for each in resolved], UNLIMITED)


async def _settle(store: Store, outcomes: Sequence[Outcome], limits: Mapping[str, Limit]) -> None:
    """In one transaction. What a lease ran out for is somebody else's by now: they ask, and settle it."""
    for wait in (*SETTLED_AGAIN_AFTER, None) if outcomes else ():
        try:
            await _settle_once(store, outcomes, limits)
            return
        except Exception:  # they went out: while the lease lasts it is worth waiting for the database
            if wait is None:
                raise
            log.exception("delivery.not-settled", ids=[each.id for each, _ in outcomes])
            await asyncio.sleep(wait)


async def _settle_once(store: Store, outcomes: Sequence[Outcome], limits: Mapping[str, Limit]) -> None:
    async with store.transaction() as tx:
        settled = await tx.deliveries.settle([delivery for delivery, _ in outcomes])
        for delivery, _ in outcomes:
            if delivery.id in settled and delivery.state is DeliveryState.SENT:
                await _after_sending(tx, delivery)
        for (platform, workspace), until in sorted(_held(outcomes).items()) if limits else ():
            await tx.lanes.hold(platform, workspace, until, limits)
    for each, _ in outcomes:
        is_ours = each.id in settled
        log.info(
            "delivery.settled", id=each.id, kind=each.kind, state=each.state, reason=each.reason, ours=is_ours
        )


def _held(outcomes: Sequence[Outcome]) -> Mapping[tuple[str, str], datetime]:
    """Which workspaces want nothing until when."""
    held: dict[tuple[str, str], datetime] = {}
    for delivery, address in outcomes:
        if address is not None:
            place = (address.platform, address.workspace)
            held[place] = max(delivery.due_at, held.get(place, delivery.due_at))
    return held


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
    except StoreAway:
        raise
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
) -> Outcome:
    match made:
        case Dropped(reason):
            # What stands on the platform already stays sent: it can still be mended there later.
            state = DeliveryState.SENT if delivery.ref else DeliveryState.DROPPED
            reason = "" if delivery.ref else reason
            return replace(delivery, state=state, reason=reason, settled_at=now), None
        case Later(at):
            if delivery.attempts >= TRIES:
                return _failed(delivery, "too-many-tries", now), None
            due_at = max(at, now + timedelta(seconds=1))
            return replace(delivery, state=DeliveryState.QUEUED, due_at=due_at), None
        case Message():
            return await _send(messengers, delivery, made, address, now)


async def _send(
    messengers: Mapping[str, Messenger],
    delivery: Delivery,
    message: Message,
    address: Address | None,
    now: datetime,
) -> Outcome:
    messenger = messengers.get(address.platform) if address else None
    unconnected = replace(
        delivery, state=DeliveryState.QUEUED, reason="not-connected", due_at=now + UNCONNECTED
    )
    if address is None or messenger is None:  # owed all the same: it waits until they connect, or it expires
        return unconnected, None
    tried = replace(delivery, attempts=delivery.attempts + 1)
    try:
        ref = delivery.ref
        if ref:
            await messenger.update(address, ref, message)
        else:
            ref = await messenger.send(address, message, delivery.id)
    except Disconnected:
        return unconnected, None
    except Unreachable as never:
        return _failed(tried, never.reason, now), None
    except SendError as refused:
        if refused.retry_after is not None:  # told when to come back: no failed try
            waits = replace(delivery, state=DeliveryState.QUEUED, due_at=now + refused.retry_after)
            return waits, None if refused.one_chat else address
        return _again(tried, now), None
    except Uncertain:
        return _uncertain(tried, now), None
    except Exception:  # one message that breaks its messenger must not stop the others
        log.exception("delivery.broke", id=delivery.id, kind=delivery.kind)
        return _uncertain(tried, now), None
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now), None


def _again(tried: Delivery, now: datetime) -> Delivery:
    """Later each time, and not all at the same moment."""
    if tried.attempts >= TRIES:
        return _failed(tried, "too-many-tries", now)
    wait = BACKOFF * 2 ** (tried.attempts - 1)
    # Spread by the row's own number: as good as chance, and the same whenever it is played again.
    return replace(tried, state=DeliveryState.QUEUED, due_at=now + wait * (1 + tried.id % 16 / 64))


def _failed(tried: Delivery, reason: str, now: datetime) -> Delivery:
    return replace(tried, state=DeliveryState.FAILED, reason=reason, settled_at=now)


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


async def _asked_about(
    messengers: Mapping[str, Messenger], delivery: Delivery, address: Address | None, now: datetime
) -> Delivery:
    try:
        return _resolved(delivery, await _found(messengers, delivery, address), now)
    except Unreachable as never:
        return _failed(delivery, never.reason, now)
    except (SendError, Uncertain, Disconnected):  # still unknown: asked again later
        return replace(delivery, due_at=now + SETTLING)
    except Exception:
        log.exception("delivery.not-found-out", id=delivery.id, kind=delivery.kind)
        return replace(delivery, due_at=now + SETTLING)


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
        return _failed(delivery, "too-many-tries", now)
    return replace(delivery, state=DeliveryState.QUEUED, reason="", due_at=now)
