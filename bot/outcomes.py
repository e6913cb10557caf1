"""What may become of a delivery: pure steps from one state to the next, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Delivery, DeliveryState

TRIES = 5
BACKOFF = timedelta(minutes=1)
UNCONNECTED = timedelta(hours=6)
SETTLING = timedelta(minutes=2)
"""How long a slow platform may still take an uncertain try; asked sooner, it says no, and it would arrive twice."""


def sent(tried: Delivery, ref: str, now: datetime) -> Delivery:
    """It stands on the platform."""
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)


def dropped(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """It is wanted no more."""
    if delivery.ref:  # what stands on the platform already stays sent: it can still be mended there later
        return sent(delivery, delivery.ref, now)
    return replace(delivery, state=DeliveryState.DROPPED, reason=reason, settled_at=now)


def failed(tried: Delivery, reason: str, now: datetime) -> Delivery:
    """It will never arrive."""
    return replace(tried, state=DeliveryState.FAILED, reason=reason, settled_at=now)


def waiting(delivery: Delivery, at: datetime, now: datetime) -> Delivery:
    """Its own time has not come, or nothing could be made of it yet."""
    if delivery.attempts >= TRIES:
        return failed(delivery, "too-many-tries", now)
    return put_back(delivery, max(at, now + timedelta(seconds=1)))


def put_back(delivery: Delivery, due_at: datetime) -> Delivery:
    """Not tried, or told when to come back: no failed try."""
    return replace(delivery, state=DeliveryState.QUEUED, due_at=due_at)


def unconnected(delivery: Delivery, now: datetime) -> Delivery:
    """Owed all the same: it waits until they connect, or it expires."""
    return replace(put_back(delivery, now + UNCONNECTED), reason="not-connected")


def refused(tried: Delivery, now: datetime) -> Delivery:
    """Later each time, and not all at the same moment."""
    if tried.attempts >= TRIES:
        return failed(tried, "too-many-tries", now)
    wait = BACKOFF * 2 ** (tried.attempts - 1)
    # Spread by the row's own number: as good as chance, and the same whenever it is played again.
    return put_back(tried, now + wait * (1 + tried.id % 16 / 64))


def uncertain(tried: Delivery, now: datetime) -> Delivery:
    """Asked about when the platform has had its time; an update in place may be repeated at once."""
    asked_at = now if tried.ref else now + SETTLING
    return replace(tried, state=DeliveryState.UNCERTAIN, reason="unknown", due_at=asked_at)


def still_uncertain(delivery: Delivery, now: datetime) -> Delivery:
    """Nobody could say: asked again later."""
    return replace(delivery, due_at=now + SETTLING)


def never_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """It goes again, while there is a try left."""
    if delivery.attempts >= TRIES:
        return failed(delivery, "too-many-tries", now)
    return replace(put_back(delivery, now), reason="")


def perhaps_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """Nobody can be asked: twice is better than never, and the ledger says so."""
    return replace(never_arrived(delivery, now), perhaps_twice=True)
