"""What may become of a delivery: pure steps from one state to the next, each with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Delivery, DeliveryState

TRIES = 10
"""With the waits between them some four hours: a platform's bad morning loses nothing."""
TRIES_TO_MEND = 200
"""More than a week: words that their author took back should not stand there because a platform was away."""
BACKOFF = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
"""Between two tries."""
UNCONNECTED = timedelta(hours=6)
"""Until somebody without an address is looked for again; whoever comes before is written to at once."""
SHUT_OUT = timedelta(minutes=15)
"""Until a workspace that took nothing from us is tried again: a token may be mended."""
CHANGED = "changed"
"""What is being sent has other words by now, or is owed anew."""
SETTLING = timedelta(minutes=2)
"""How long a slow platform may still take an uncertain try; asked sooner, it says no, and it would arrive twice."""


def sent(tried: Delivery, ref: str, now: datetime) -> Delivery:
    """It stands on the platform."""
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)


def dropped(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """It is wanted no more; or it was, as long as the platform did not take it."""
    if delivery.ref:  # what stands on the platform already stays sent: it can still be mended there later
        return sent(delivery, delivery.ref, now)
    if reason == "expired" and delivery.attempts:
        return failed(delivery, "too-many-tries", now)
    return replace(delivery, state=DeliveryState.DROPPED, reason=reason, settled_at=now)


def failed(tried: Delivery, reason: str, now: datetime) -> Delivery:
    """It will never arrive."""
    return replace(tried, state=DeliveryState.FAILED, reason=reason, settled_at=now)


def waiting(delivery: Delivery, at: datetime, now: datetime) -> Delivery:
    """Its own time has not come, or nothing could be made of it yet."""
    if _is_hopeless(delivery):
        return failed(delivery, "too-many-tries", now)
    return put_back(delivery, max(at, now + timedelta(seconds=1)))


def put_back(delivery: Delivery, due_at: datetime) -> Delivery:
    """Not tried, or told when to come back: no failed try."""
    return replace(delivery, state=DeliveryState.QUEUED, due_at=due_at)


def unconnected(delivery: Delivery, until: datetime) -> Delivery:
    """Owed all the same: it waits until they connect, or it expires."""
    return replace(put_back(delivery, until), reason="not-connected")


def refused(tried: Delivery, now: datetime) -> Delivery:
    """Later each time, and not all at the same moment."""
    if _is_hopeless(tried):
        return failed(tried, "too-many-tries", now)
    return put_back(tried, now + growing(BACKOFF, tried))


def _is_hopeless(tried: Delivery) -> bool:
    return tried.attempts >= (TRIES_TO_MEND if tried.ref else TRIES)


def growing(wait: timedelta, tried: Delivery) -> timedelta:
    """Twice as long after each try; spread by the row's number: as good as chance, and the same when played again."""
    doubled: int = 2 ** min(TRIES, max(0, tried.attempts - 1))
    return min(wait * doubled, LONGEST) * (1 + tried.id % 16 / 64)


def overtaken(settled: Delivery, meanwhile: str) -> Delivery:
    """What was decided while it was under way holds: it is mended where it stands, or goes no more."""
    match settled.state:
        case DeliveryState.SENT if settled.settled_at is not None:
            return replace(put_back(settled, settled.settled_at), attempts=0)
        case DeliveryState.DROPPED if meanwhile == CHANGED and settled.settled_at is not None:
            return replace(put_back(settled, settled.settled_at), reason="", attempts=0, settled_at=None)
        case DeliveryState.QUEUED if meanwhile != CHANGED and not settled.ref:
            return replace(settled, state=DeliveryState.DROPPED, reason=meanwhile, settled_at=settled.due_at)
        case _:
            return settled


def uncertain(tried: Delivery, now: datetime) -> Delivery:
    """Asked about when the platform has had its time; an update in place may be repeated at once."""
    asked_at = now if tried.ref else now + SETTLING
    return replace(tried, state=DeliveryState.UNCERTAIN, reason="unknown", due_at=asked_at, settled_at=now)


def still_uncertain(delivery: Delivery, now: datetime) -> Delivery:
    """Nobody could say: asked again later."""
    return replace(delivery, due_at=now + SETTLING)


def found(delivery: Delivery, ref: str, now: datetime) -> Delivery:
    """It arrived when it was tried, not when we found out."""
    return sent(delivery, ref, delivery.settled_at or now)


def never_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """It goes again, while there is a try left: at once, and later each time."""
    if _is_hopeless(delivery):
        return failed(delivery, "too-many-tries", now)
    due_at = now + growing(BACKOFF, delivery) if delivery.attempts > 1 else now
    return replace(put_back(delivery, due_at), reason="", settled_at=None)


def perhaps_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """Nobody can be asked: twice is better than never, and the ledger says so."""
    return replace(never_arrived(delivery, now), perhaps_twice=True)
