"""Every kind of request that Slack sends, and its answer, over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
import structlog
from aiohttp import ClientSession
from sqlalchemy import text

from adapters.server.operation import Metrics
from tests.journeys.town import dump
from tests.platforms.slack.house import ANN, CAT, ELM, OAK, SECRET, SIAN, House, running_house
from tests.platforms.slack.mishaps import Hang
from tests.platforms.slack.wire import COMMAND, EVENT, signature

MIB = 1024 * 1024
FIVE_MINUTES = 300


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    async with running_house(database_url) as house:
        yield house


def status(house: House, *, name: str = "1") -> str:
    """Return the body of a command as Slack writes it."""
    told = {
        "team_id": OAK, "user_id": ANN, "command": "/jpd", "text": "status", "trigger_id": f"{name}.2.3",
        "response_url": f"{house.slack.origin}response/none", "is_enterprise_install": "false",
    }  # fmt: skip
    return urlencode(told)


async def marks(house: House) -> int:
    """Return the number of events that were handled."""
    async with house.store.transaction() as tx:
        found: int = (await tx.connection.execute(text("SELECT count(*) FROM event_seen"))).scalar_one()
        return found


# --- who may speak --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("age", [0, 120, FIVE_MINUTES - 10, -120])
async def test_a_good_signature_counts_for_five_minutes(house: House, age: float) -> None:
    body = status(house)

    answer = await house.slack.raw(body, house.slack.signed(body, age=age))

    assert answer.status == 200
    assert "no cycle" in answer.json["text"]
    assert await marks(house) == 1


def _without(headers: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


SIGNED, TIME = "X-Slack-Signature", "X-Slack-Request-Timestamp"


@pytest.mark.parametrize(
    "forge",
    [
        pytest.param(lambda s, body: s.signed(body, secret="another"), id="wrong secret"),
        pytest.param(lambda s, body: s.signed(body + "x"), id="changed body"),
        pytest.param(lambda s, body: s.signed(body, age=FIVE_MINUTES + 5), id="older"),
        pytest.param(lambda s, body: s.signed(body, age=-FIVE_MINUTES - 5), id="newer"),
        pytest.param(lambda s, body: _without(s.signed(body), SIGNED, TIME), id="no headers"),
        pytest.param(lambda s, body: _without(s.signed(body), SIGNED), id="no signature"),
        pytest.param(lambda s, body: _without(s.signed(body), TIME), id="no timestamp"),
        pytest.param(lambda s, body: {**s.signed(body), SIGNED: ""}, id="empty signature"),
        pytest.param(lambda s, body: {**s.signed(body), SIGNED: "v0=é"}, id="signature of other letters"),
        pytest.param(lambda s, body: _at("abc", body), id="timestamp of letters"),
        pytest.param(lambda s, body: _at("", body), id="empty timestamp"),
        pytest.param(lambda s, body: _at("-1", body), id="negative timestamp"),
        pytest.param(lambda s, body: _at("1e9", body), id="timestamp with an exponent"),
        pytest.param(lambda s, body: _at("٣٣", body), id="timestamp in other figures"),
        pytest.param(lambda s, body: _at("9" * 400, body), id="timestamp beyond every float"),
        pytest.param(lambda s, body: _at("9" * 5_000, body), id="timestamp beyond every integer"),
    ],
)
async def test_whatever_is_not_signed_by_slack_now_is_refused_and_does_nothing(
    house: House, forge: Any
) -> None:
    body = status(house)
    before = await dump(house.store)

    answer = await house.slack.raw(body, forge(house.slack, body))

    assert answer.status == 401
    assert await dump(house.store) == before
    assert house.slack.calls == []


def _at(timestamp: str, body: str) -> dict[str, str]:
    """Return headers signed for a text that is no time."""
    signed = signature(SECRET, timestamp, body.encode())
    return {"Content-Type": "application/x-www-form-urlencoded", TIME: timestamp, SIGNED: signed}


async def test_a_body_may_have_one_mebibyte(house: House) -> None:
    padding = "x" * (MIB - len(status(house)) - len("&more="))
    fits = f"{status(house)}&more={padding}"

    async def sent(body: str) -> int:
        async with house.slack.session.post(
            house.slack.wire.url, data=BytesIO(body.encode()), headers=house.slack.signed(body)
        ) as answer:
            return answer.status

    assert len(fits) == MIB
    assert await sent(fits) == 200
    assert await sent(f"{fits}x") == 413
    assert await marks(house) == 1


async def test_a_body_that_is_not_utf_8_is_refused(house: House) -> None:
    for body in (b"\xff\xfe", status(house).encode() + b"&more=\xe9"):
        assert (await house.slack.raw(body, house.slack.signed(body))).status == 400
    assert await marks(house) == 0


async def test_the_address_is_verified_for_slack_only(house: House) -> None:
    body = json.dumps({"type": "url_verification", "token": "t", "challenge": "3eZbrw1aBm2rZgRNFdxV2595"})
    unsigned = {"Content-Type": "application/json"}

    verified = await house.slack.verify_url("3eZbrw1aBm2rZgRNFdxV2595")

    assert (verified.status, verified.json["challenge"]) == (200, "3eZbrw1aBm2rZgRNFdxV2595")
    assert (await house.slack.raw(body, unsigned)).status == 401
    forged = house.slack.signed(body, secret="another", media_type="application/json")
    assert (await house.slack.raw(body, forged)).status == 401


# --- once -----------------------------------------------------------------------------------------------------------


async def test_what_slack_delivers_again_is_answered_and_not_done_again(house: House) -> None:
    first = await house.slack.say(OAK, ANN, "help")
    posts, before = len(house.slack.posts()), await dump(house.store)
    again = [await house.slack.again(retry, "http_timeout") for retry in (1, 2, 3)]

    assert first.status == 200
    assert posts == 1
    assert {each.status for each in again} == {200}
    assert len(house.slack.posts()) == posts
    assert await dump(house.store) == before


async def test_the_same_event_number_of_another_workspace_is_another_event(house: House) -> None:
    await house.slack.say(OAK, ANN, "help", event_id="Ev1")
    await house.slack.say(ELM, CAT, "help", event_id="Ev1")
    await house.slack.again()

    assert [len(house.slack.posts(team)) for team in (OAK, ELM)] == [1, 1]


async def test_one_message_that_slack_tells_of_under_many_event_ids_is_answered_once(house: House) -> None:
    await house.slack.say(OAK, ANN, "help")
    told = house.slack.wire.sent[-1].payload
    answers = [
        await house.slack.wire.deliver(EVENT, {**told, "event_id": f"EvAgain{number}"})
        for number in range(11)
    ]

    assert {each.status for each in answers} == {200}
    assert len(house.slack.posts()) == 1


async def test_slackbots_messages_are_nobodys(house: House) -> None:
    house.slack.add_person(OAK, "USLACKBOT", "bot@example.org", name="Slackbot")
    await house.slack.say(OAK, "USLACKBOT", "help")

    assert house.slack.posts() == []


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("ssl_check=1&token=abc", "application/x-www-form-urlencoded", 200),
        ("token=abc&ssl_check=1", "application/x-www-form-urlencoded", 200),
        ("ssl_check=0&token=abc", "application/x-www-form-urlencoded", 401),
        ("ssl_check=1&command=%2Fjpd&text=status", "application/x-www-form-urlencoded", 401),
        ('{"ssl_check": 1}', "application/json", 401),
    ],
)
async def test_a_look_at_the_certificate_is_answered_without_a_signature_and_does_nothing(
    house: House, body: str, kind: str, status: int
) -> None:
    before = await dump(house.store)
    async with (
        ClientSession() as session,
        session.post(f"{house.url}/slack/events", data=body, headers={"Content-Type": kind}) as answer,
    ):
        assert answer.status == status

    assert await dump(house.store) == before


async def test_that_slack_leaves_out_events_is_taken_and_counted(house: House) -> None:
    told = {
        "token": "t", "type": "app_rate_limited", "team_id": OAK, "api_app_id": "A1",
        "minute_rate_limited": 1_767_225_600,
    }  # fmt: skip
    metrics = Metrics()
    structlog.configure(processors=[metrics.count, structlog.processors.JSONRenderer()])
    try:
        answer = await house.slack.wire.deliver(EVENT, told)
    finally:
        structlog.reset_defaults()

    assert answer.status == 200
    assert b'jpd_events_left_out_total{platform="slack"} 1.0' in metrics.page(None)


async def test_a_removal_is_acknowledged_in_time_while_slack_is_asked(house: House) -> None:
    house.slack.fail("auth.test", Hang())
    house.patience.end()

    answers = await house.slack.uninstall(OAK)

    assert {each.status for each in answers} == {200}
    assert await house.installations.token(OAK) is not None  # nobody has said yet whether it works
    house.slack.closing.set()


async def test_a_signed_command_counts_once(house: House) -> None:
    await house.slack.command(OAK, SIAN, "school add Oak")
    body = urlencode(house.slack.wire.sent[-1].payload)
    before = await dump(house.store)

    again = await house.slack.raw(body, house.slack.signed(body))

    assert (again.status, again.body) == (200, "")
    assert await dump(house.store) == before


async def test_a_press_and_a_form_count_once(house: House) -> None:
    await house.invite()
    await house.slack.command(OAK, ANN, "profile")
    await house.slack.press(OAK, ANN, label="What I offer and look for")
    await house.slack.again()
    await house.slack.submit(OAK, ANN)
    before, calls = await dump(house.store), len(house.slack.calls)
    answer = await house.slack.again()

    assert answer.status == 200
    assert await dump(house.store) == before
    assert len(house.slack.calls) == calls
    assert len(house.slack.called("views.open")) == 2  # the cycle's form, and this one


async def test_a_person_of_many_workspaces_is_known_by_the_one_in_which_they_press(house: House) -> None:
    """Slack names one workspace as such a person's own, wherever they press (bolt-js 1875)."""
    house.slack.world.people[ANN].home_team = "T0OTHER"
    await house.invite()
    await house.slack.command(OAK, ANN, "profile")  # shown to this person alone, in the channel
    await house.slack.press(OAK, ANN, label="What I offer and look for")
    await house.slack.submit(OAK, ANN)
    await house.slack.say(OAK, ANN, "profile")  # in the chat with the bot
    await house.slack.press(OAK, ANN, label="What I offer and look for")
    await house.slack.submit(OAK, ANN)

    assert len(house.slack.called("views.open")) == 3  # the cycle's form, and one each


# --- going away -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tokens_first", [False, True])
async def test_an_uninstalled_workspace_has_no_token_from_that_moment(
    house: House, *, tokens_first: bool
) -> None:
    answers = await house.slack.uninstall(OAK, tokens_first=tokens_first)

    assert [each.status for each in answers] == [200, 200]
    assert await house.installations.token(OAK) is None
    assert await house.installations.token(ELM) == f"xoxb-{ELM}"
    assert await house.address_of("Ann Ash") is None
    assert await house.address_of("Cat Cox") is None  # has not been met yet
    await house.slack.say(ELM, CAT, "help")
    assert await house.address_of("Cat Cox") is not None


async def test_somebodys_own_token_is_not_the_bots(house: House) -> None:
    told = {"type": "tokens_revoked", "tokens": {"oauth": [ANN], "bot": []}}

    assert (await house.slack.event(OAK, told)).status == 200
    assert await house.installations.token(OAK) == f"xoxb-{OAK}"


@pytest.mark.parametrize("which", [0, 1])
async def test_a_removal_that_slack_delivers_after_a_new_installation_takes_nothing_away(
    house: House, which: int
) -> None:
    await house.slack.say(OAK, ANN, "help")
    await house.slack.uninstall(OAK)
    late = house.slack.wire.sent[-2 + which].payload
    house.slack.installing(OAK, SIAN)
    await house.slack.install(f"{house.url}/slack/install")
    token = await house.installations.token(OAK)

    again = await house.slack.wire.deliver(EVENT, late, retry=3)
    other = await house.slack.wire.deliver(EVENT, {**late, "event_id": "EvLate"})

    assert (again.status, other.status) == (200, 200)
    assert token is not None
    assert await house.installations.token(OAK) == token
    assert await house.address_of("Ann Ash") is not None


# --- what nobody waits for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        {"type": "reaction_added", "user": ANN, "reaction": "tada", "item": {"type": "message"}},
        {"type": "message", "subtype": "channel_join", "user": ANN, "channel": "C1", "text": "joined"},
        {"type": "message", "subtype": "message_deleted", "channel": "D1", "deleted_ts": "1.2"},
        {"type": "team_join", "user": {"id": ANN}},
        {"type": "app_mention", "bot_id": "B1", "channel": "C1", "text": "<@UBOT> status"},
        {"type": "something_new"},
    ],
    ids=lambda told: str(told["type"]),
)
async def test_an_event_that_nobody_listens_to_is_taken(house: House, told: dict[str, Any]) -> None:
    answer = await house.slack.event(OAK, told)

    assert answer.status == 200
    assert await marks(house) == 0
    assert house.slack.posts() == []


async def test_words_of_other_bots_and_changes_of_words_are_no_words(house: House) -> None:
    await house.slack.say(OAK, ANN, "status", bot_id="B0OTHER")
    said = await house.slack.say(OAK, ANN, "help")
    line = next(each for each in reversed(house.slack.conversation(OAK, ANN)) if each.author == ANN)
    edited = await house.slack.edit(OAK, ANN, line.ts, "status")

    assert (said.status, edited.status) == (200, 200)
    assert len(house.slack.posts()) == 1


# --- when something is broken ---------------------------------------------------------------------------------------


async def test_a_store_that_fails_costs_an_apology_and_nothing_else(
    house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    async with house.store.transaction() as tx:
        await tx.connection.execute(text("ALTER TABLE cycle RENAME TO elsewhere"))

    command = await house.slack.command(OAK, ANN, "status")
    said = await house.slack.say(OAK, ANN, "status")

    assert (command.status, said.status) == (200, 200)
    assert "Sorry" in command.json["text"]
    assert "Sorry" in house.last(OAK, ANN)
    async with house.store.transaction() as tx:
        await tx.connection.execute(text("ALTER TABLE elsewhere RENAME TO cycle"))
    assert "no cycle" in (await house.slack.command(OAK, ANN, "status")).json["text"]
    assert "Traceback" not in capsys.readouterr().err + command.body


async def test_a_removal_that_cannot_be_kept_is_asked_for_again(house: House) -> None:
    async with house.store.transaction() as tx:
        await tx.connection.execute(text("ALTER TABLE platform_token RENAME TO elsewhere"))
    failed = await house.slack.uninstall(OAK)
    async with house.store.transaction() as tx:
        await tx.connection.execute(text("ALTER TABLE elsewhere RENAME TO platform_token"))

    assert [each.status for each in failed] == [500, 500]
    assert (await house.slack.again()).status == 200
    assert await house.installations.token(OAK) is None


async def test_the_environment_of_slacks_own_tools_changes_nothing(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BOT_TOKEN", "CLIENT_ID", "CLIENT_SECRET", "SIGNING_SECRET", "APP_TOKEN", "SCOPES"):
        monkeypatch.setenv(f"SLACK_{name}", "xoxb-of-somebody-else")
    async with running_house(sqlite_url) as house:
        await house.slack.say(OAK, ANN, "help")
        await house.slack.say(ELM, CAT, "help")
        assert "no cycle" in (await house.slack.command(OAK, ANN, "status")).json["text"]

        assert {call.token for call in house.slack.calls} == {f"xoxb-{OAK}", f"xoxb-{ELM}"}
        assert house.slack.called("auth.test") == []


async def test_a_command_of_another_name_is_answered_too(house: House) -> None:
    answer = await house.slack.command(OAK, ANN, "", name="/anything")

    assert answer.status == 200
    assert "status" in answer.body
    assert house.slack.wire.sent[-1].kind == COMMAND
