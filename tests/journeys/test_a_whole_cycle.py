"""Six weeks over a half-term holiday and two clock changes, with schools in London and Auckland."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.message import Inputs
from bot.model import CycleState, DeliveryState
from bot.prompts import Prompts
from bot.rules.school_time import Term
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, values_for

LONDON, AUCKLAND = ZoneInfo("Europe/London"), ZoneInfo("Pacific/Auckland")
ZONES = {"Thames": ("Europe/London", "GB-ENG"), "Tasman": ("Pacific/Auckland", "NZ-AUK")}
TERMS = {
    "Thames": [
        Term("first half", date(2026, 9, 1), date(2026, 10, 23)),
        Term("second half", date(2026, 11, 2), date(2026, 12, 18)),
    ],
    "Tasman": [
        Term("Term 3", date(2026, 7, 20), date(2026, 9, 25)),
        Term("Term 4", date(2026, 10, 12), date(2026, 12, 17)),
    ],
}
PEOPLE = {
    "Thames": ["Ann Ash", "Bob Box", "Cat Cox", "Dot Dee", "Eve Eck", "Flo Fay"],
    "Tasman": ["Gus Gem", "Hal Hay", "Ida Ive", "Jon Jay", "Kim Kay", "Leo Lee"],
}


async def _everybody_answers(town: Town) -> None:
    """Whatever was put to them since, they answer; nobody agrees that principals may read it."""
    for name in await town.teachers():
        for message in town.post.received[name][town.answered[name] :]:
            for element in message.elements:
                if isinstance(element, Inputs):
                    form = await town.form_of(name, element)
                    values = {**values_for(form, f"Words of {name}"), "story": "no"}
                    given = {each.question.key: values[each.question.key] for each in form.inputs}
                    await town.submit(name, "check-in", element.form.context, **given)
        town.answered[name] = len(town.post.received[name])


@pytest.mark.across
@pytest.mark.both_databases
# The one journey that `make test` plays over every road.
@pytest.mark.quick_cases(
    "core-sqlite", "core-postgresql", "slack-sqlite", "teams-postgresql", "slack-and-teams-sqlite"
)
async def test_a_whole_cycle_over_holidays_and_clock_changes(store: SqlStore, prompts: Prompts) -> None:
    town = await build(
        store, prompts, PEOPLE, datetime(2026, 10, 5, 8, 0, tzinfo=UTC), zones=ZONES, terms=TERMS
    )
    await town.run(date(2026, 10, 12))
    for _ in range(70):
        await town.days(1)
        await _everybody_answers(town)

    for name in await town.teachers():
        _check_days(town, name)
    await _check_words(town)
    for principal in ("Head Thames", "Head Tasman"):
        await _check_digests(town, principal)

    assert "The days of" in town.last(COORDINATOR)
    await town.press(COORDINATOR, "Close the cycle")
    await town.days(5)
    assert await town.state() is CycleState.CLOSED
    assert "is over. Thank you" in town.last("Ann Ash")
    assert {each.state for each in await town.deliveries()} <= {DeliveryState.SENT, DeliveryState.DROPPED}


def _check_days(town: Town, name: str) -> None:
    """School hours of teaching days, every step once, one ask a day, nothing in either partner's holiday."""
    zone, terms = (LONDON, TERMS["Thames"]) if name in PEOPLE["Thames"] else (AUCKLAND, TERMS["Tasman"])
    days = []
    for message, at in zip(town.post.received[name], town.post.at[name], strict=True):
        local = at.astimezone(zone)
        assert any(term.first_day <= local.date() <= term.last_day for term in terms), (name, local)
        assert local.weekday() < 5
        assert (8, 30) <= (local.hour, local.minute) < (17, 0), (name, local)
        if any(isinstance(element, Inputs) for element in message.elements):
            days.append(local.date())
            assert not date(2026, 10, 24) <= local.date() <= date(2026, 11, 1)  # one partner's half-term
    assert len(days) == len(set(days)) == 9, name


async def _check_words(town: Town) -> None:
    """The plan is quoted back; partners read each other's answers and challenges."""
    assert "I will" in town.everything("Ann Ash")
    for name in ("Ann Ash", "Gus Gem"):
        partner = await town.partner_of(name)
        text = town.everything(name)
        assert f"{partner.split()[0]} has written you a peer challenge." in text
        assert f"Words of {partner}" in text


async def _check_digests(town: Town, principal: str) -> None:
    """Once a week of term, on its last teaching day, without anybody's name or words."""
    zone = LONDON if principal == "Head Thames" else AUCKLAND
    moments = [at.astimezone(zone) for at in town.post.at[principal]]
    assert len(moments) >= 4
    assert {at.strftime("%H:%M") for at in moments} == {"15:30"}
    assert all(at.weekday() == 4 or at.date() == date(2026, 12, 17) for at in moments), moments
    weeks = [at.isocalendar()[:2] for at in moments]
    assert len(weeks) == len(set(weeks))
    text = town.everything(principal)
    assert "Words of" not in text
    for name in await town.teachers():
        assert name not in text
    assert "of those asked" in text
    assert "The pairings link 2 of 2 schools" in town.last(principal)
