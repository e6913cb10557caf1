"""Claim → compose → send → settle: how what we owe goes out, each message once and at the right hour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TypeAlias

import structlog

from bot.errors import Conflict, Disconnected, SendError, StoreAway, Uncertain, Unreachable, Untraceable
from bot.message import Message
from bot.model import ASKS, Address, CheckInState, Delivery, DeliveryKind, DeliveryState, Limit
from bot.ports import Directory, Messenger, Store, Tx
from bot.prompts import Prompts
from bot.rules import outcomes
from bot.use_cases import cycles, introductions, workspaces
from bot.worker.compose import Dropped, Later, compose
from bot.worker.turns import Turns

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
BATCH = 20
SECONDS_TO_LOOK = 5
"""For whoever has no address: their workspace is known only by looking, so that it can't be left alone as busy."""
TOGETHER = 0.05
"""Seconds: what ends within them is settled in one transaction (measured: four to six times as many a second)."""
SETTLED_AGAIN_AFTER = (1, 2, 4, 8, 16, 32)
"""Seconds: together less than what a lease leaves after the slowest platform."""
NOBODY_ASKED: Mapping[str, Directory] = MappingProxyType({})
UNLIMITED: Mapping[str, Limit] = MappingProxyType({})

Made: TypeAlias = tuple[Delivery, Message | Later | Dropped, Address | None]
Outcome: TypeAlias = tuple[Delivery, Address | None]
"""What became of a delivery, and whose workspace wants nothing more before it is due again."""


@dataclass(frozen=True)
class Means:
    """What a process sends with."""

    store: Store
    prompts: Prompts
    messengers: Mapping[str, Messenger]
    directories: Mapping[str, Directory]
    limits: Mapping[str, Limit]
    turns: Turns = field(default_factory=Turns)


class Clock:
    """What time it is for a batch: in whole seconds, so that none pass while time is played."""

    def __init__(self, began: datetime) -> None:
        self.began, self._start = began, asyncio.get_running_loop().time()

    @property
    def elapsed(self) -> timedelta:
        """Since the batch was claimed."""
        return timedelta(seconds=int(asyncio.get_running_loop().time() - self._start))

    @property
    def now(self) -> datetime:
        """By the clock that the lease was given by."""
        return self.began + self.elapsed


@dataclass(frozen=True)
class Batch:
    """Messages that are ready to be sent, or reasons why not."""

    made: Sequence[Made]
    clock: Clock


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
    means = Means(store, prompts, messengers, directories, UNLIMITED)
    settled, is_more = 0, True
    while is_more:
        async with store.transaction() as tx:
            await tx.deliveries.lapse(now)
            uncertain = await tx.deliveries.claim_uncertain(now, now + outcomes.SETTLING, BATCH)
            claimed = await tx.deliveries.claim(now, now + LEASE, BATCH)
        await resolve(means, uncertain, now)
        await deliver(means, claimed, now)
        settled += len(claimed)
        is_more = BATCH in (len(claimed), len(uncertain))
    return settled


async def deliver(means: Means, claimed: Sequence[Delivery], now: datetime) -> None:
    """What was claimed, from its words to its end."""
    await send(means, await prepare(means, claimed, Clock(now)))


async def prepare(means: Means, claimed: Sequence[Delivery], clock: Clock) -> Batch:
    """Compose a batch, in one transaction. The clock is that by which it was claimed."""
    now = clock.began
    try:
        return Batch(await _composed(means, claimed, now), clock)
    except StoreAway:  # nothing went out: all of it is due again, and no try was lost
        return Batch([(each, Later(now), None) for each in claimed], clock)


async def send(means: Means, batch: Batch, landed: Callable[[Address | None], object] = bool) -> None:
    """Send each, and settle together what ends at about the same moment. No transaction is open while sending.

    `landed` is told whose message needs the platform no more.
    """
    sending: set[asyncio.Task[Outcome | None]] = set()
    for made in batch.made:
        one = asyncio.create_task(_carried(means, made, batch.clock))
        one.add_done_callback(lambda _, address=made[2]: landed(address))  # type: ignore[misc]  # of this one
        sending.add(one)
    try:
        while sending:
            done, sending = await asyncio.wait(sending, timeout=TOGETHER)
            await _settle(means, [outcome for each in done if (outcome := each.result())])
    finally:  # whoever stops us stops what is under way
        for each in sending:
            each.cancel()


async def resolve(means: Means, uncertain: Sequence[Delivery], now: datetime) -> None:
    """What was being sent when a process died: ask the platform whether it arrived before sending again."""
    if uncertain:
        resolved = await asyncio.gather(*(_asked_about(means, each, now) for each in uncertain))
        await _settle(means, [(each, None) for each in resolved])


# --- making -----------------------------------------------------------------------------------------------------------


async def _composed(
    means: Means, claimed: Sequence[Delivery], now: datetime, asked: Collection[int] = ()
) -> list[Made]:
    """`asked`: the members whose ask of the day is in this batch already, and not in the ledger yet."""
    try:
        return await _compose_together(means, claimed, now, asked)
    except StoreAway:
        raise
    except Exception:  # one message that cannot be made must not stop the others
        if len(claimed) > 1:
            batch: list[Made] = []
            for each in claimed:
                batch += await _composed(means, [each], now, _asked(batch))
            return batch
        [delivery] = claimed
        log.exception("delivery.not-composed", id=delivery.id, kind=delivery.kind)
        tried = replace(delivery, attempts=delivery.attempts + 1)
        return [(tried, Later(now + outcomes.growing(outcomes.BACKOFF, tried)), None)]


async def _compose_together(
    means: Means, claimed: Sequence[Delivery], now: datetime, asked: Collection[int]
) -> list[Made]:
    gathering = frozenset(platform for platform, each in means.directories.items() if each.gathers)
    batch: list[Made] = []
    async with means.store.transaction() as tx:
        for delivery in claimed:
            made = await compose(tx, means.prompts, delivery, now, gathering)
            is_ask = isinstance(made, Message) and delivery.kind in ASKS
            if is_ask and delivery.member_id in {*asked, *_asked(batch)}:
                made = Later(now + timedelta(minutes=1))
            batch.append((delivery, made, await _address(tx, delivery)))
    return batch


def _asked(batch: Sequence[Made]) -> set[int]:
    return {each.member_id for each, made, _ in batch if isinstance(made, Message) and each.kind in ASKS}


async def _address(tx: Tx, delivery: Delivery) -> Address | None:
    if delivery.kind is DeliveryKind.TOGETHER:
        return await introductions.find_shared_chat(tx, await tx.pairings.get(delivery.subject_id))
    return await tx.members.address_of(delivery.member_id)


# --- sending ----------------------------------------------------------------------------------------------------------


async def _carried(means: Means, made: Made, clock: Clock) -> Outcome | None:
    """What became of one of a batch; None where that is settled already."""
    delivery, message, address = await _addressed(means, made, clock)
    match message:
        case Dropped(reason):
            return outcomes.dropped(delivery, reason, clock.now), None
        case Later(at):
            return outcomes.waiting(delivery, at, clock.now), None
        case Message():
            messenger = means.messengers.get(address.platform) if address else None
            if address is None or messenger is None:
                return outcomes.unconnected(delivery, clock.now + outcomes.UNCONNECTED), None
            return await _in_turn(means, messenger, delivery, message, address, clock)


async def _addressed(means: Means, made: Made, clock: Clock) -> Made:
    """Whoever has no address yet is looked for by e-mail in the workspaces that their schools were linked to."""
    delivery, message, address = made
    if address is not None or not isinstance(message, Message) or not means.directories:
        return made
    try:
        return delivery, message, await _looked_for(means, delivery, clock.now)
    except SendError as silent:
        return delivery, Later(clock.now + (silent.retry_after or outcomes.BACKOFF)), None
    except StoreAway:
        return delivery, Later(clock.now), None
    except Exception:  # one who cannot be looked for must not stop the others
        log.exception("delivery.not-addressed", id=delivery.id, kind=delivery.kind)
        return delivery, Later(clock.now + outcomes.BACKOFF), None


async def _looked_for(means: Means, delivery: Delivery, now: datetime) -> Address | None:
    async with means.store.transaction() as tx:
        member = await tx.members.get(delivery.member_id)
        where = await workspaces.read_workspaces_of(tx, member)
    for place in where if member.email else ():
        directory = means.directories.get(place.platform)
        try:
            async with asyncio.timeout(SECONDS_TO_LOOK):
                found = await directory.named(place.id, member.email) if directory else None
        except Disconnected:
            continue
        except TimeoutError:
            raise SendError("directory") from None
        if found is not None:
            async with means.store.transaction() as tx:
                await tx.members.connect(found, member.id, now)
            return found
    return None


async def _in_turn(
    means: Means, messenger: Messenger, delivery: Delivery, message: Message, address: Address, clock: Clock
) -> Outcome | None:
    """Where nobody can be asked what arrived, it is settled before the next one's turn."""
    turns = means.turns
    async with turns.of(address, one_at_a_time=messenger.one_at_a_time):
        if clock.elapsed > LEASE / 2:  # later it would be sent while somebody else takes it for lost
            return outcomes.put_back(delivery, delivery.due_at), None
        if not messenger.one_at_a_time:
            return await _sent(messenger, delivery, message, address, clock)
        if rest := turns.backing_off_for(address):
            return outcomes.put_back(delivery, clock.now + rest), address
        outcome, held = await _sent(messenger, delivery, message, address, clock)
        if outcome.state is DeliveryState.UNCERTAIN:
            turns.back_off(address)
        await _settle(means, [(outcome, held)])
        return None


async def _sent(
    messenger: Messenger, delivery: Delivery, message: Message, address: Address, clock: Clock
) -> Outcome:
    tried = replace(delivery, attempts=delivery.attempts + 1)
    try:
        ref = delivery.ref
        if ref:
            await messenger.update(address, ref, message)
        else:
            ref = await messenger.send(address, message, delivery.id)
    except Disconnected:
        return outcomes.unconnected(delivery, clock.now + outcomes.SHUT_OUT), None
    except Unreachable as never:
        return outcomes.failed(tried, never.reason, clock.now), None
    except SendError as refused:
        if refused.retry_after is None:
            return outcomes.refused(tried, clock.now), None
        again = outcomes.put_back(delivery, clock.now + refused.retry_after)
        return again, None if refused.one_chat else address
    except Uncertain:
        return outcomes.uncertain(tried, clock.now), None
    except Exception:  # one message that breaks its messenger must not stop the others
        log.exception("delivery.broke", id=delivery.id, kind=delivery.kind)
        return outcomes.uncertain(tried, clock.now), None
    return outcomes.sent(tried, ref, clock.now), None


async def _asked_about(means: Means, delivery: Delivery, now: datetime) -> Delivery:
    try:
        async with means.store.transaction() as tx:
            address = await _address(tx, delivery)
        messenger = means.messengers.get(address.platform) if address else None
        if address is None or messenger is None or delivery.ref:
            return outcomes.never_arrived(delivery, now)  # an update is simply repeated
        ref = await messenger.find(address, delivery.id)
    except (Untraceable, Unreachable):  # whoever can never be reached is found out by sending
        return outcomes.perhaps_arrived(delivery, now)
    except (SendError, Uncertain, Disconnected, StoreAway):
        return outcomes.still_uncertain(delivery, now)
    except Exception:
        log.exception("delivery.not-found-out", id=delivery.id, kind=delivery.kind)
        return outcomes.still_uncertain(delivery, now)
    return outcomes.found(delivery, ref, now) if ref else outcomes.never_arrived(delivery, now)


# --- settling ---------------------------------------------------------------------------------------------------------


async def _settle(means: Means, ended: Sequence[Outcome]) -> None:
    """In one transaction. What a lease ran out for is somebody else's by now: they ask, and settle it.

    They went out: while the lease lasts it is worth waiting for the database, and one must not stop the others.
    """
    for wait in (*SETTLED_AGAIN_AFTER, None) if ended else ():
        try:
            await _settle_once(means, ended)
            return
        except Exception as mishap:
            if wait is None:
                raise
            log.exception("delivery.not-settled", ids=[each.id for each, _ in ended])
            if len(ended) > 1 and not isinstance(mishap, StoreAway | Conflict):
                await asyncio.gather(*(_settle(means, [each]) for each in ended))
                return
            await asyncio.sleep(wait)


async def _settle_once(means: Means, ended: Sequence[Outcome]) -> None:
    async with means.store.transaction() as tx:
        settled = await tx.deliveries.settle([delivery for delivery, _ in ended])
        for delivery, _ in ended:
            if delivery.id in settled and delivery.state is DeliveryState.SENT:
                await _after_sending(tx, delivery)
        for (platform, workspace), until in sorted(_held(ended).items()) if means.limits else ():
            await tx.lanes.hold(platform, workspace, until, means.limits)
    for each, _ in ended:
        is_ours = each.id in settled
        log.info(
            "delivery.settled", id=each.id, kind=each.kind, state=each.state, reason=each.reason, ours=is_ours
        )


def _held(ended: Sequence[Outcome]) -> Mapping[tuple[str, str], datetime]:
    """Which workspaces want nothing until when."""
    held: dict[tuple[str, str], datetime] = {}
    for delivery, address in ended:
        if address is not None:
            place = (address.platform, address.workspace)
            held[place] = max(delivery.due_at, held.get(place, delivery.due_at))
    return held


async def _after_sending(tx: Tx, sent: Delivery) -> None:
    """A check-in that has reached its owner is open, and the next plain reply answers its first question."""
    if sent.kind is not DeliveryKind.CHECK_IN:
        return
    check_in = await tx.check_ins.get(sent.subject_id)
    if check_in is None or check_in.state is not CheckInState.PLANNED:
        return
    cycle = await tx.cycles.get(check_in.cycle_id)
    pack = await cycles.read_pack(tx, cycle)
    first = pack.step(check_in.step).words(pack.languages[0]).questions[0].key
    await tx.check_ins.open(check_in.id, first)
