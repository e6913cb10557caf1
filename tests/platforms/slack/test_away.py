"""Slack while the store is away: an apology, or Slack sends it again; nothing is lost or done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot.errors import StoreAway
from storage.store import SqlStore, SqlTx
from tests.platforms.slack.house import ANN, OAK, House, running_house

pytestmark = pytest.mark.both_databases  # what goes away is the store


class Away(SqlStore):
    """A store that may be away."""

    is_away = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[SqlTx]:
        if self.is_away:
            raise StoreAway
        async with super().transaction() as tx:
            yield tx


@pytest.fixture
async def leaving(database_url: str) -> AsyncIterator[House]:
    """The running bot, with a store that may be away."""
    async with running_house(database_url, wrap=Away) as house:
        yield house


def go(house: House, *, away: bool) -> None:
    assert isinstance(house.store, Away)
    house.store.is_away = away


async def test_words_that_come_while_the_store_is_away_are_taken_when_slack_brings_them_again(
    leaving: House,
) -> None:
    await leaving.slack.say(OAK, ANN, "help")
    go(leaving, away=True)
    said = await leaving.slack.say(OAK, ANN, "pause until 12 May")
    again = await leaving.slack.again(1)
    seen = leaving.seen(OAK, ANN)
    go(leaving, away=False)
    taken = [await leaving.slack.again(2), await leaving.slack.again(3)]

    assert (said.status, again.status) == (503, 503)
    assert "you need not write it again" in seen[-1]
    assert "you need not write it again" not in seen[-2]  # it is said once
    assert {each.status for each in taken} == {200}
    assert len(leaving.seen(OAK, ANN)) == len(seen) + 1
    assert "All quiet until" in leaving.last(OAK, ANN)


async def test_words_that_slack_brings_for_the_last_time_are_asked_for(leaving: House) -> None:
    await leaving.slack.say(OAK, ANN, "help")
    go(leaving, away=True)
    await leaving.slack.say(OAK, ANN, "pause until 12 May")
    last = await leaving.slack.again(3)

    assert last.status == 200
    assert "try again in a minute" in leaving.last(OAK, ANN)


async def test_whom_nothing_can_be_said_slack_tries_again(leaving: House) -> None:
    go(leaving, away=True)  # nothing was ever said there by this process: it does not know the token
    said, last = await leaving.slack.say(OAK, ANN, "help"), await leaving.slack.again(3)

    assert (said.status, last.status) == (503, 503)
    assert leaving.seen(OAK, ANN) == []


async def test_a_command_or_a_press_while_the_store_is_away_is_an_apology(leaving: House) -> None:
    await leaving.slack.say(OAK, ANN, "profile")
    go(leaving, away=True)
    command = await leaving.slack.command(OAK, ANN, "profile")
    press = await leaving.slack.press(OAK, ANN, label="When I am free")

    assert (command.status, press.status) == (200, 200)
    assert "Nothing was lost" in command.json["text"]
    assert "Nothing was lost" in leaving.last(OAK, ANN)


async def test_a_removal_while_the_store_is_away_is_asked_for_again(leaving: House) -> None:
    await leaving.slack.say(OAK, ANN, "help")
    go(leaving, away=True)
    told = await leaving.slack.uninstall(OAK)
    go(leaving, away=False)
    again = await leaving.slack.again()

    assert {each.status for each in told} == {503}
    assert again.status == 200
    assert await leaving.address_of("Ann Ash") is None


async def test_late_words_that_could_not_be_kept_are_asked_for(database_url: str) -> None:
    door = asyncio.Event()

    class Closed(Away):
        @asynccontextmanager
        async def transaction(self) -> AsyncIterator[SqlTx]:
            if self.is_away:
                await door.wait()
            async with super().transaction() as tx:
                yield tx

    async with running_house(database_url, wrap=Closed) as house:
        await house.slack.say(OAK, ANN, "help")
        go(house, away=True)
        house.patience.end()
        said = await house.slack.say(OAK, ANN, "pause until 12 May")
        door.set()
        await house.connection.close()

        assert said.status == 200  # Slack believes that we have it
        assert "try again in a minute" in house.last(OAK, ANN)
