"""The next state of a delivery after each outcome. Functions return the delivery changed; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from bot.model import Delivery, DeliveryState

MOST_TRIES = 10
"""The most tries to send; with the waits between them some four hours, the length of a platform's outage."""
MOST_UPDATE_TRIES = 200
"""The most tries of an update, for over a week: text that its author took back must not stay after an outage."""
BACKOFF = timedelta(minutes=1)
"""The wait after the first try that failed."""
LONGEST_WAIT = timedelta(hours=1)
"""The longest wait between two tries."""
WAIT_WITHOUT_ADDRESS = timedelta(hours=6)
"""The wait until a member without an address is looked up again; one who connects earlier is written to at once."""
WAIT_AFTER_BAD_TOKEN = timedelta(minutes=15)
"""The wait until a workspace that refused the bot's token is tried again: an administrator may have corrected it."""
WAIT_WHILE_BLOCKED = timedelta(days=1)
"""The wait until a chat that takes nothing is tried again; somebody who writes earlier is written to at once."""
CHANGED = "changed"
"""The mark on a delivery whose text changed, or that became due again, while it was being sent."""
SETTLING = timedelta(minutes=2)
"""The wait before a platform is asked about an uncertain try: if it accepts the first try after we
asked, there would be two messages."""


def sent(tried: Delivery, ref: str, now: datetime) -> Delivery:
    """Mark a delivery as sent, with the platform's reference."""
    return replace(tried, state=DeliveryState.SENT, reason="", ref=ref, settled_at=now)


def dropped(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """Drop a delivery. One that was sent before stays sent; one that expired after tries has failed."""
    if delivery.ref:  # it was sent before, and can still be updated later
        return sent(delivery, delivery.ref, now)
    if reason == "expired" and delivery.attempts:
        return failed(delivery, "too-many-tries", now)
    return replace(delivery, state=DeliveryState.DROPPED, reason=reason, settled_at=now)


def failed(tried: Delivery, reason: str, now: datetime) -> Delivery:
    """Mark a delivery as failed for good."""
    return replace(tried, state=DeliveryState.FAILED, reason=reason, settled_at=now)


def waiting(delivery: Delivery, at: datetime, now: datetime) -> Delivery:
    """Queue a delivery for a later time, or fail it after too many tries."""
    if _is_hopeless(delivery):
        return failed(delivery, "too-many-tries", now)
    return put_back(delivery, max(at, now + timedelta(seconds=1)))


def put_back(delivery: Delivery, due_at: datetime) -> Delivery:
    """Queue a delivery again without counting a failed try."""
    return replace(delivery, state=DeliveryState.QUEUED, due_at=due_at)


def unconnected(delivery: Delivery, until: datetime) -> Delivery:
    """Queue a delivery to a member without an address, to be tried again at `until`."""
    return replace(put_back(delivery, until), reason="not-connected")


def blocked(delivery: Delivery, now: datetime) -> Delivery:
    """Queue a delivery to somebody whose chat takes nothing, to be tried again on a later day."""
    return replace(put_back(delivery, now + WAIT_WHILE_BLOCKED), reason="blocked")


def refused(tried: Delivery, now: datetime) -> Delivery:
    """Queue a delivery that the platform refused, after a wait that grows with each try; fail it after too many."""
    if _is_hopeless(tried):
        return failed(tried, "too-many-tries", now)
    return put_back(tried, now + backoff(tried))


def _is_hopeless(tried: Delivery) -> bool:
    return tried.attempts >= (MOST_UPDATE_TRIES if tried.ref else MOST_TRIES)


def backoff(tried: Delivery) -> timedelta:
    """Return the wait before the next try: doubled after each try, up to `LONGEST_WAIT`, plus up to 23 % by id.

    The part by id spreads deliveries that failed together.
    """
    doubled: int = 2 ** min(MOST_TRIES, max(0, tried.attempts - 1))
    return min(BACKOFF * doubled, LONGEST_WAIT) * (1 + tried.id % 16 / 64)


def apply_change_made_while_sending(settled: Delivery, meanwhile: str) -> Delivery:
    """Apply a change or drop that was decided during sending: update what was sent, or drop what did not arrive."""
    match settled.state:
        case DeliveryState.SENT if settled.settled_at is not None:
            # Due at once whatever the sender's clock says: text that its author erased must not stay a moment longer.
            return replace(put_back(settled, min(settled.due_at, settled.settled_at)), attempts=0)
        case DeliveryState.DROPPED if meanwhile == CHANGED and settled.settled_at is not None:
            return replace(put_back(settled, settled.settled_at), reason="", attempts=0, settled_at=None)
        case DeliveryState.QUEUED if meanwhile != CHANGED and not settled.ref:
            return replace(settled, state=DeliveryState.DROPPED, reason=meanwhile, settled_at=settled.due_at)
        case _:
            return settled


def uncertain(tried: Delivery, now: datetime) -> Delivery:
    """Mark a delivery as uncertain, to be asked about after `SETTLING`; an update may be repeated at once."""
    asked_at = now if tried.ref else now + SETTLING
    return replace(tried, state=DeliveryState.UNCERTAIN, reason="unknown", due_at=asked_at, settled_at=now)


def still_uncertain(delivery: Delivery, now: datetime) -> Delivery:
    """Ask about an uncertain delivery again later."""
    return replace(delivery, due_at=now + SETTLING)


def found(delivery: Delivery, ref: str, now: datetime) -> Delivery:
    """Mark an uncertain delivery as sent at the time of its try."""
    return sent(delivery, ref, delivery.settled_at or now)


def never_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """Queue a delivery that did not arrive: at once, from the second try after a wait; fail it after too many."""
    if _is_hopeless(delivery):
        return failed(delivery, "too-many-tries", now)
    due_at = now + backoff(delivery) if delivery.attempts > 1 else now
    return replace(put_back(delivery, due_at), reason="", settled_at=None)


def perhaps_arrived(delivery: Delivery, now: datetime) -> Delivery:
    """Send a delivery again where the platform cannot be asked, marked in the ledger as perhaps sent twice."""
    return replace(never_arrived(delivery, now), perhaps_twice=True)
