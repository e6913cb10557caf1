"""The connection to Slack by the settings: one workspace by its token, and Socket Mode."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from adapters.chat.in_time import RealTime
from adapters.chat.settings import SettingsError
from adapters.cli.running import Platforms, connect_platforms
from adapters.cli.startup import now
from bot.message import Message
from bot.worker import delivery
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, plain, roster_of
from tests.platforms.patience import ManualPatience, Pauses
from tests.platforms.slack import reading, uploads
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.house import ANN, OAK, SIAN, TEACHERS, email, prompts
from tests.platforms.slack.mishaps import Mishap, RateLimited, Refused, Status
from tests.support.limits import HANG
from tests.support.settings import environment

TOKEN = "xoxb-the-only-one"


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[SqlStore]:
    """One partnership of two schools."""
    store = SqlStore(database_url, durable=False)
    async with store.transaction() as tx:
        made = await tx.schools.add_partnership("Town")
        await tx.schools.apply(made.id, roster_of(TEACHERS), now())
    yield store
    await store.close()


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with running_slack() as slack:
        slack.add_workspace(OAK, "Both schools", token=TOKEN)
        slack.add_person(OAK, ANN, email("Ann Ash"), name="Ann Ash")
        slack.add_person(OAK, SIAN, email(COORDINATOR), name=COORDINATOR)
        slack.add_channel(OAK, "C0STAFF", "staff", [ANN, SIAN])
        yield slack


@asynccontextmanager
async def connection(
    slack: FakeSlack, store: SqlStore, *, token: str = TOKEN, app_token: str = "", serving: bool = True
) -> AsyncIterator[Platforms]:
    values: dict[str, str | None] = {
        "slack_bot_token": token,
        "slack_app_token": app_token or None,
        "slack_api_url": slack.api_url,
    }
    values |= {} if app_token else {"slack_signing_secret": "secret"}
    with environment(**values) as read:
        real_time = RealTime(ManualPatience(), Pauses())
        async with connect_platforms(
            read, store, prompts(), is_serving=serving, real_time=real_time
        ) as platforms:
            yield platforms


async def is_admitted(store: SqlStore) -> bool:
    async with store.transaction() as tx:
        found = await tx.workspaces.get("slack", OAK)
        return found is not None and len(found.school_ids) == 2 and found.gone_at is None


# --- one token ------------------------------------------------------------------------------------------------------


async def test_whoever_sets_a_token_has_let_the_workspace_in(slack: FakeSlack, store: SqlStore) -> None:
    async with connection(slack, store) as platforms:
        assert await is_admitted(store)
        assert [route.path for route in platforms.routes] == ["/slack/events"]  # nobody installs
        assert {call.method for call in slack.calls} == {"auth.test"}


async def test_who_only_sends_asks_and_admits_nothing(slack: FakeSlack, store: SqlStore) -> None:
    async with connection(slack, store, serving=False) as platforms:
        assert platforms.routes == []
        assert slack.calls == []
    assert not await is_admitted(store)


@pytest.mark.parametrize("gone", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_token_that_slack_refuses_is_one_sentence(
    slack: FakeSlack, store: SqlStore, gone: str
) -> None:
    slack.world.tokens[TOKEN].gone = gone

    with pytest.raises(SettingsError) as refused:
        async with connection(slack, store):
            pass

    assert str(refused.value) == "JPD_SLACK_BOT_TOKEN: Slack does not take it"


@pytest.mark.parametrize("mishap", [Status(503), RateLimited(9), Refused("internal_error")], ids=str)
async def test_a_silent_slack_keeps_nothing_from_starting(
    slack: FakeSlack, store: SqlStore, mishap: Mishap
) -> None:
    slack.fail("auth.test", mishap)

    async with connection(slack, store):
        assert not await is_admitted(store)
    async with connection(slack, store):
        assert await is_admitted(store)


async def test_a_new_token_brings_back_what_the_old_one_lost(slack: FakeSlack, store: SqlStore) -> None:
    async with connection(slack, store, app_token=slack.installs.app_token) as platforms:
        await slack.say(OAK, ANN, "help")
        assert await address(store) == 1
        slack.world.tokens[TOKEN].gone = "token_revoked"
        await delivery.run(store, prompts(), platforms.messengers, now(), platforms.directories)
        await slack.tokens_revoked(OAK)
        assert await address(store) == 0
    slack.add_token("xoxb-the-next", OAK)
    async with connection(slack, store, token="xoxb-the-next"):
        assert await is_admitted(store)
        assert await address(store) == 1


async def address(store: SqlStore) -> int:
    """Return the number of people to whom the bot can send."""
    async with store.transaction() as tx:
        partnership = await tx.schools.partnership_named("Town")
        assert partnership is not None
        members = await tx.members.of(partnership.id)
        return sum([await tx.members.address_of(each.id) is not None for each in members])


# --- Socket Mode ----------------------------------------------------------------------------------------------------


def last(slack: FakeSlack, user: str) -> str:
    return plain(shown(slack, user)[-1])


def shown(slack: FakeSlack, user: str) -> list[Message]:
    lines = [each for each in slack.conversation(OAK, user) if each.by_app]
    return [reading.line(each, slack.files) for each in lines]


async def until(condition: Callable[[], bool]) -> None:
    """Wait until the other end has done something."""
    async with asyncio.timeout(HANG):
        while not condition():  # noqa: ASYNC110  # a socket's end tells nobody
            await asyncio.sleep(0.01)


async def test_everything_goes_over_a_socket(slack: FakeSlack, store: SqlStore) -> None:
    async with connection(slack, store, app_token=slack.installs.app_token) as platforms:
        assert platforms.routes == []
        assert "no cycle" in (await slack.command(OAK, ANN, "status")).json["text"]
        await slack.say(OAK, ANN, "help")
        assert "status" in last(slack, ANN)
        await slack.mention(OAK, ANN, "C0STAFF", "status")
        assert "no cycle" in last(slack, ANN)
        await slack.open_home(OAK, ANN)
        assert "Hello Ann" in str(slack.home(OAK, ANN))

        await slack.command(OAK, SIAN, "status")
        await slack.press(OAK, SIAN, label="Start a cycle")
        values = {"pack": "peer-visit-2wk", "starts_on": "2020-01-06", "goal": "Every child is heard"}
        await slack.submit(OAK, SIAN, values)
        modal = slack.modal(OAK, SIAN)
        assert modal is not None
        assert list(modal.errors) == ["starts_on"]
        await slack.submit(OAK, SIAN, {"starts_on": "2100-01-11"})
        assert slack.modal(OAK, SIAN) is None
        assert "The plan for" in last(slack, SIAN)
        assert slack.refused == []
        sockets = list(slack.wire.sockets)
    await until(lambda: not slack.wire.sockets)
    assert sockets


async def test_a_bot_that_is_serving_reads_a_coordinators_files(slack: FakeSlack, store: SqlStore) -> None:
    calendar = b"kind,title,first_day,last_day\nterm,Autumn,2026-09-02,2026-12-18\n"
    async with connection(slack, store, app_token=slack.installs.app_token):
        file = uploads.share(slack.world, OAK, "terms.csv", calendar, "text/csv")
        await slack.say(OAK, SIAN, "", file=file)

        assert "Oak: 1 term" in last(slack, SIAN)


@pytest.mark.parametrize("how", ["asked to come again", "dropped"])
async def test_a_socket_that_ends_is_followed_by_another(slack: FakeSlack, store: SqlStore, how: str) -> None:
    async with connection(slack, store, app_token=slack.installs.app_token):
        [first] = slack.wire.sockets
        if how == "dropped":
            await first.close()
        else:
            await slack.wire.disconnect()
        await until(lambda: bool(slack.wire.sockets) and first not in slack.wire.sockets)

        assert "no cycle" in (await slack.command(OAK, ANN, "status")).json["text"]


async def test_what_comes_twice_over_the_socket_is_done_once(slack: FakeSlack, store: SqlStore) -> None:
    async with connection(slack, store, app_token=slack.installs.app_token):
        await slack.say(OAK, ANN, "help")
        await slack.again()

        assert len(slack.posts()) == 1


async def test_an_app_token_that_slack_refuses_is_one_sentence(slack: FakeSlack, store: SqlStore) -> None:
    with pytest.raises(SettingsError) as refused:
        async with connection(slack, store, app_token="xapp-wrong"):
            pass

    assert str(refused.value) == "JPD_SLACK_APP_TOKEN: Slack does not take it"
