"""When a message is corrected whose text changed, or was erased, while it was being sent."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Delivery, DeliveryKind, DeliveryState
from bot.rules import outcomes

DUE = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
NOTE = Delivery(
    id=1,
    partnership_id=1,
    cycle_id=1,
    member_id=1,
    kind=DeliveryKind.NOTE,
    subject_id=1,
    due_at=DUE,
    state=DeliveryState.SENDING,
)


@pytest.mark.parametrize("sending_took", [timedelta(0), timedelta(seconds=2), timedelta(hours=1)])
def test_a_message_that_changed_while_it_was_sent_is_corrected_at_once_however_long_that_took(
    sending_took: timedelta,
) -> None:
    settled = outcomes.apply_change_made_while_sending(
        outcomes.sent(NOTE, "ref", DUE + sending_took), outcomes.CHANGED
    )

    assert (settled.state, settled.ref, settled.due_at) == (DeliveryState.QUEUED, "ref", DUE)


def test_a_message_that_is_found_later_is_corrected_at_once_although_its_next_look_was_planned() -> None:
    tried = outcomes.uncertain(NOTE, DUE)
    found = outcomes.found(tried, "ref", DUE + outcomes.SETTLING)

    assert outcomes.apply_change_made_while_sending(found, outcomes.CHANGED).due_at == DUE
