"""The same journeys run on any Slack that somebody drives: here on our own, by nothing but its two addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import ROADS, Town, build
from tests.platforms.over_slack import slack_road
from tests.platforms.slack.fake import running_slack
from tests.platforms.slack.people import API_URL, DRIVER_URL

pytestmark = pytest.mark.core  # it brings its own road


@pytest.fixture
async def town(store: SqlStore, prompts: Prompts, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Town]:
    async with running_slack() as elsewhere:
        monkeypatch.setenv(API_URL, elsewhere.api_url)
        monkeypatch.setenv(DRIVER_URL, elsewhere.driver_url)
        async with slack_road(store, prompts) as road:
            ROADS.append(road.town)
            yield await build(
                store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, datetime(2026, 9, 7, 9, tzinfo=UTC)
            )
            ROADS.pop()


async def test_a_pair_meets_answers_and_hears_from_each_other(town: Town) -> None:
    await town.run(date(2026, 9, 14))
    await town.until(datetime(2026, 9, 14, 14, 30, tzinfo=UTC))
    assert "You will work with Cat Cox (Elm)" in town.everything("Ann Ash")
    assert "Only Cat sees this." in town.last("Ann Ash")

    assert "Give reasons" in await town.say("Ann Ash", "Give reasons")
    assert "Goes to Ann at 15:40." in await town.say("Cat Cox", "tell Ann see you on Tuesday")
    await town.days(1)

    assert "Give reasons" in town.everything("Cat Cox")
    assert "see you on Tuesday" in town.everything("Ann Ash")
