"""Sending a batch: each message in its turn, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import structlog

from bot.errors import Blocked, Disconnected, SendError, StoreAway, Uncertain, Unreachable
from bot.message import Message
from bot.model import Address, Delivery, DeliveryKind, DeliveryState
from bot.ports import Messenger
from bot.rules import outcomes
from bot.worker.addresses import look_up_address
from bot.worker.batch import Batch, BatchClock, Composed
from bot.worker.carried import Dropped, Later
from bot.worker.services import Services
from bot.worker.settling import Outcome, settle

log = structlog.get_logger()

SECONDS_TO_COLLECT = 0.05
"""Messages that end within this time are settled in one transaction (measured: four to six times the throughput)."""


async def send(
    services: Services, batch: Batch, on_done: Callable[[Address | None], object] = lambda _: None
) -> None:
    """Send every message of a batch and settle those that end at about the same time together.

    No transaction is open while a message is being sent. `on_done` is called with each address when its message
    needs the platform no more.
    """
    sending: set[asyncio.Task[Outcome | None]] = set()
    for composed in batch.composed:
        task = asyncio.create_task(_send_one(services, composed, batch.clock))
        task.add_done_callback(lambda _, address=composed.address: on_done(address))  # type: ignore[misc]  # bound per task
        sending.add(task)
    try:
        while sending:
            done, sending = await asyncio.wait(sending, timeout=SECONDS_TO_COLLECT)
            await settle(services, [outcome for each in done if (outcome := each.result())])
    finally:  # cancelling this function cancels what it has started
        for each in sending:
            each.cancel()


async def _send_one(services: Services, composed: Composed, clock: BatchClock) -> Outcome | None:
    """Send one message; return its outcome, or None if it is settled already."""
    composed = await _with_address(services, composed, clock)
    delivery, address = composed.delivery, composed.address
    match composed.result:
        case Dropped(reason):
            return Outcome(outcomes.dropped(delivery, reason, clock.now))
        case Later(at):
            return Outcome(outcomes.waiting(delivery, at, clock.now))
        case Message() as message:
            messenger = services.messengers.get(address.platform) if address else None
            if address is None or messenger is None:
                return Outcome(outcomes.unconnected(delivery, clock.now + outcomes.WAIT_WITHOUT_ADDRESS))
            return await _send_in_turn(services, messenger, delivery, message, address, clock)


async def _with_address(services: Services, composed: Composed, clock: BatchClock) -> Composed:
    """Look up a missing address; if the directory does not answer, put the delivery off."""
    if composed.address or not isinstance(composed.result, Message) or not services.directories:
        return composed
    delivery = composed.delivery
    try:
        return replace(composed, address=await look_up_address(services, delivery, clock.now))
    except SendError as error:
        return replace(composed, result=Later(clock.now + (error.retry_after or outcomes.BACKOFF)))
    except StoreAway:
        return replace(composed, result=Later(clock.now))
    except Exception:  # one faulty look-up must not stop the others
        log.exception("delivery.not-addressed", id=delivery.id, kind=delivery.kind)
        return replace(composed, result=Later(clock.now + outcomes.BACKOFF))


async def _send_in_turn(
    services: Services,
    messenger: Messenger,
    delivery: Delivery,
    message: Message,
    address: Address,
    clock: BatchClock,
) -> Outcome | None:
    """Wait for the address's turn, then send. With `one_at_a_time`, settle before the next turn and return None."""
    turns = services.turns
    async with turns.of(address, one_at_a_time=messenger.one_at_a_time):
        if clock.is_half_spent:  # the lease could end while the message is being sent
            return Outcome(outcomes.put_back(delivery, delivery.due_at))
        if not messenger.one_at_a_time:
            return await _send(messenger, delivery, message, address, clock)
        if wait := turns.backing_off_for(address):
            return Outcome(outcomes.put_back(delivery, clock.now + wait), held=address)
        outcome = await _send(messenger, delivery, message, address, clock)
        if outcome.delivery.state is DeliveryState.UNCERTAIN:
            turns.back_off(address)
        await settle(services, [outcome])
        return None


async def _send(
    messenger: Messenger, delivery: Delivery, message: Message, address: Address, clock: BatchClock
) -> Outcome:
    """Send or update the message on the platform, and translate every error into an outcome."""
    tried = replace(delivery, attempts=delivery.attempts + 1)
    try:
        ref = delivery.ref
        if ref:
            await messenger.update(address, ref, message)
        else:
            ref = await messenger.send(address, message, delivery.id)
    except Blocked:
        return Outcome(outcomes.blocked(delivery, clock.now), blocked=address)
    except Disconnected:
        return Outcome(outcomes.unconnected(delivery, clock.now + outcomes.WAIT_AFTER_BAD_TOKEN))
    except Unreachable as error:
        if (
            delivery.kind is DeliveryKind.NEW_ADDRESS
        ):  # who can't be asked there is asked once more, then no longer
            return Outcome(outcomes.blocked(delivery, clock.now), blocked=address)
        return Outcome(outcomes.failed(tried, error.reason, clock.now))
    except SendError as error:
        if error.retry_after is None:
            return Outcome(outcomes.refused(tried, clock.now))
        put_back = outcomes.put_back(delivery, clock.now + error.retry_after)
        return Outcome(put_back, held=None if error.one_chat else address)
    except Uncertain:
        return Outcome(outcomes.uncertain(tried, clock.now))
    except Exception:  # a fault in the messenger must not stop the other messages
        log.exception("delivery.broke", id=delivery.id, kind=delivery.kind)
        return Outcome(outcomes.uncertain(tried, clock.now))
    return Outcome(outcomes.sent(tried, ref, clock.now))
