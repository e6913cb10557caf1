"""What a coordinator may be told of a pairing: its state when a step is over, by one function for every view."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.model import Member, Pairing, PairingState, Post, Role, Seat
from bot.rules.privacy import Exchange, PairingStep, PairingTold, tell_of_pairing

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)
DAY = timedelta(days=1)
PAIRING = Pairing(
    id=1,
    cycle_id=1,
    number=1,
    seats=(Seat(10, 100), Seat(20, 200)),
    reasons=(),
    state=PairingState.LIVE,
    created_at=NOW,
)
OVER, SAID_OVER = PairingStep(NOW - DAY, has_words=False), PairingStep(NOW - DAY, has_words=True)
OPEN, SAID_OPEN = PairingStep(NOW + DAY, has_words=False), PairingStep(NOW + DAY, has_words=True)


def reader(*posts: tuple[Role, int], member_id: int = 99) -> Member:
    return Member(
        id=member_id,
        partnership_id=1,
        source_id="p",
        given_name="Siân",
        family_name="Morgan",
        email="",
        language="en",
        active=True,
        posts=(Post(Role.COORDINATOR, 300), *(Post(role, school) for role, school in posts)),
    )


@pytest.mark.parametrize(
    ("steps", "note", "told"),
    [
        ([], None, Exchange.NOT_YET),
        ([OPEN], None, Exchange.NOT_YET),
        ([SAID_OPEN], None, Exchange.NOT_YET),
        ([SAID_OPEN], NOW - DAY, Exchange.NOT_YET),
        ([OVER, OPEN], None, Exchange.SILENT),
        ([OVER, SAID_OPEN], None, Exchange.SILENT),
        ([OVER, OVER], None, Exchange.SILENT),
        ([OVER], NOW, Exchange.SILENT),
        ([OVER], NOW - 2 * DAY, Exchange.EXCHANGED),
        ([SAID_OVER, OVER, OPEN], None, Exchange.EXCHANGED),
    ],
)
def test_a_pairing_is_told_of_by_the_steps_that_are_over(
    steps: list[PairingStep], note: datetime | None, told: Exchange
) -> None:
    seen = tell_of_pairing(reader(), PAIRING, steps, note, NOW)

    assert seen is not None
    assert seen.exchange is told


def test_the_stage_is_that_of_the_last_step_in_which_words_were_shared() -> None:
    first, second = replace(SAID_OVER, over_at=NOW - 3 * DAY, stage="knowing"), replace(OVER, stage="sharing")
    live = replace(SAID_OPEN, stage="trying")

    seen = tell_of_pairing(reader(), PAIRING, [live, second, first], None, NOW)

    assert seen == PairingTold(Exchange.EXCHANGED, "knowing")


@pytest.mark.parametrize(
    ("who", "is_told"),
    [
        (reader(), True),
        (reader((Role.PRINCIPAL, 300)), True),
        (reader((Role.TEACHER, 100)), True),
        (reader((Role.PRINCIPAL, 100)), False),
        (reader((Role.PRINCIPAL, 200)), False),
        (reader((Role.PRINCIPAL, 300), (Role.PRINCIPAL, 200)), False),
        (reader(member_id=10), False),
        (reader(member_id=20), False),
    ],
)
def test_partners_and_leaders_of_a_school_in_it_are_told_no_state(who: Member, is_told: bool) -> None:
    assert (tell_of_pairing(who, PAIRING, [SAID_OVER], None, NOW) is not None) is is_told
