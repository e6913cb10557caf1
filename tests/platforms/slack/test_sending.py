"""Messages on their way to Slack: refused, lost, uncertain, and never posted twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import structlog

from bot.errors import Uncertain
from bot.events import Command
from bot.message import Button, Buttons, Message, Text
from bot.model import Address, DeliveryState
from storage.notes import StoredNotes
from tests.platforms.slack.house import ANN, BEA, CAT, DAN, ELM, OAK, SIAN, House, running_house
from tests.platforms.slack.mishaps import (
    DroppedAfter,
    DroppedBefore,
    Fine,
    Hang,
    Mishap,
    RateLimited,
    Refused,
    Status,
)

POST = "chat.postMessage"
SETTLED = timedelta(minutes=3)
"""The time after which an uncertain message has been looked for."""


@pytest.fixture
async def house(database_url: str) -> AsyncIterator[House]:
    """Four invitations are due, two in each workspace."""
    async with running_house(database_url) as house:
        await house.invite()
        yield house


async def posted(house: House) -> dict[str, int]:
    """Return how often each invitation was posted, by person."""
    team_of = {ANN: OAK, BEA: OAK, CAT: ELM, DAN: ELM}
    direct = {user: house.slack.world.direct(team, user).id for user, team in team_of.items()}
    return {
        user: sum(line.channel == channel for line in house.slack.posts()) for user, channel in direct.items()
    }


ONCE = {ANN: 1, BEA: 1, CAT: 1, DAN: 1}


async def states(house: House) -> dict[str, tuple[DeliveryState, str, int]]:
    """Return state, reason and tries, by name."""
    return {name: (each.state, each.reason, each.attempts) for name, each in (await house.ledger()).items()}


# --- refused for now ------------------------------------------------------------------------------------------------


async def test_too_many_messages_pause_that_workspace_only_and_are_no_failed_try(house: House) -> None:
    house.slack.fail(POST, RateLimited(90), RateLimited(90), team=OAK)

    await house.beat()

    assert await posted(house) == {ANN: 0, BEA: 0, CAT: 1, DAN: 1}
    ledger = await house.ledger()
    for name in ("Ann Ash", "Bea Birch"):
        assert (ledger[name].state, ledger[name].attempts) == (DeliveryState.QUEUED, 0)
        assert ledger[name].due_at == house.now + timedelta(seconds=90)
    await house.beat(after=timedelta(seconds=60))
    assert await posted(house) == {ANN: 0, BEA: 0, CAT: 1, DAN: 1}
    await house.beat(after=timedelta(seconds=31))
    assert await posted(house) == ONCE


@pytest.mark.parametrize("error", ["ratelimited", "rate_limited"])
async def test_a_limit_without_a_time_waits_for_a_while(house: House, error: str) -> None:
    house.slack.fail(POST, Refused(error), team=OAK)

    await house.beat()
    [limited] = [each for each in (await house.ledger()).values() if each.state is DeliveryState.QUEUED]

    assert (limited.attempts, limited.due_at) == (0, house.now + timedelta(seconds=30))
    await house.beat(after=timedelta(seconds=31))
    assert await posted(house) == ONCE


async def test_a_refused_connection_is_no_try_and_is_tried_again(house: House) -> None:
    await house.slack.say(OAK, ANN, "help")
    address, house.messenger._api.base_url = house.messenger._api.base_url, "http://127.0.0.1:9/api/"  # noqa: SLF001  # nobody listens there

    await house.beat()

    found = await states(house)
    assert found["Ann Ash"] == (DeliveryState.QUEUED, "", 0)
    assert found["Cat Cox"] == (DeliveryState.QUEUED, "", 0)  # nobody could be asked who that is
    house.messenger._api.base_url = address  # noqa: SLF001  # the same
    await house.beat(after=timedelta(minutes=2))
    assert await posted(house) == {**ONCE, ANN: 2}  # and the help


# --- uncertain ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mishap", "arrived"),
    [
        (Status(502), 0),
        (Status(503), 0),
        (Status(504), 0),
        (Status(500), 0),
        (Status(404), 0),
        (Status(200), 0),
        (Status(502, after=True), 1),
        (Status(504, after=True), 1),
        (DroppedBefore(), 0),
        (DroppedAfter(), 1),
        (Refused("internal_error"), 0),
        (Refused("fatal_error"), 0),
        (Refused("service_unavailable"), 0),
        (Refused("request_timeout"), 0),
    ],
    ids=str,
)
async def test_what_may_have_arrived_is_looked_for_and_never_posted_twice(
    house: House, mishap: Mishap, arrived: int
) -> None:
    await is_looked_for(house, mishap, arrived)


@pytest.mark.parametrize(("mishap", "arrived"), [(Hang(), 0), (Hang(after=True), 1)], ids=str)
async def test_a_slack_that_hangs_is_left_and_what_may_have_arrived_is_looked_for(
    database_url: str, mishap: Mishap, arrived: int
) -> None:
    async with running_house(database_url, seconds=2) as house:
        await house.invite()
        await is_looked_for(house, mishap, arrived)


async def is_looked_for(house: House, mishap: Mishap, arrived: int) -> None:
    house.slack.fail(POST, mishap, mishap, team=OAK)

    await house.beat()
    assert await posted(house) == {ANN: arrived, BEA: arrived, CAT: 1, DAN: 1}
    found = await states(house)
    assert found["Ann Ash"] == found["Bea Birch"] == (DeliveryState.UNCERTAIN, "unknown", 1)
    await house.beat(after=timedelta(minutes=1))  # too early to ask
    assert house.slack.called("conversations.history") == []
    await house.beat(after=SETTLED)
    await house.beat(after=SETTLED)

    assert await posted(house) == ONCE
    after = await house.ledger()
    assert {each.state for each in after.values()} == {DeliveryState.SENT}
    assert after["Ann Ash"].attempts == 2 - arrived
    refs = {f"{line.channel}:{line.ts}" for line in house.slack.posts()}
    assert {each.ref for each in after.values()} == refs


async def test_while_nobody_can_tell_whether_it_arrived_nothing_is_posted_again(house: House) -> None:
    house.slack.fail(POST, DroppedAfter(), DroppedAfter(), team=OAK)
    house.slack.fail("conversations.history", Status(503), RateLimited(5), DroppedBefore(), team=OAK)

    await house.beat()
    await house.beat(after=SETTLED)
    assert (await states(house))["Ann Ash"][0] is DeliveryState.UNCERTAIN
    for _ in range(3):
        await house.beat(after=SETTLED)

    assert await posted(house) == ONCE
    assert {state for state, _, _ in (await states(house)).values()} == {DeliveryState.SENT}


async def test_after_ten_tries_it_stands_in_the_ledger_and_in_the_status(house: House) -> None:
    house.slack.fail(POST, *[Status(502)] * 25, team=ELM)

    for _ in range(200):
        await house.beat(after=SETTLED)

    assert (await states(house))["Cat Cox"] == (DeliveryState.FAILED, "too-many-tries", 10)
    status = (await house.slack.command(OAK, SIAN, "status")).body
    assert prompts_reason("too-many-tries") in status


def prompts_reason(reason: str) -> str:
    """Return the reason as a coordinator reads it."""
    from tests.platforms.slack.house import prompts

    return prompts().voice("en").text(f"reason.{reason}")


# --- never ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("user_not_found", "no-such-account"),
        ("channel_not_found", "no-such-account"),
        ("user_disabled", "deactivated"),
        ("is_inactive", "deactivated"),
        ("user_is_blocked", "blocked"),
        ("restricted_action", "blocked"),
        ("messages_tab_disabled", "unreachable"),
        ("cannot_dm_bot", "unreachable"),
        ("is_archived", "unreachable"),
        ("not_in_channel", "unreachable"),
        ("invalid_blocks", "refused"),
        ("something_new", "refused"),
    ],
)
async def test_who_can_never_be_written_to_stands_in_the_ledger_and_in_the_status_with_the_reason(
    house: House, error: str, reason: str
) -> None:
    house.slack.change_person(CAT, refuses=error)

    await house.beat()

    assert (await states(house))["Cat Cox"] == (DeliveryState.FAILED, reason, 1)
    assert await posted(house) == {ANN: 1, BEA: 1, CAT: 0, DAN: 1}
    await house.beat(after=timedelta(hours=8))
    assert len([call for call in house.slack.called(POST) if call.error]) == 1
    status = (await house.slack.command(OAK, SIAN, "status")).body
    assert prompts_reason(reason) in status
    ledger = (await house.slack.command(OAK, SIAN, "ledger")).body
    assert "Cat Cox" in ledger
    assert prompts_reason(reason) in ledger


async def test_a_permission_that_is_missing_keeps_everybody_waiting_until_it_is_given(house: House) -> None:
    house.slack.change_person(CAT, refuses="missing_scope")
    with structlog.testing.capture_logs() as logged:
        await house.beat()
    assert (await states(house))["Cat Cox"][0] is DeliveryState.QUEUED
    assert {"event": "slack.missing-scope", "method": POST, "log_level": "error"} in logged

    house.slack.change_person(CAT, refuses="")
    await house.beat(after=timedelta(minutes=15))

    assert (await states(house))["Cat Cox"] == (DeliveryState.SENT, "", 1)


# --- a token that is gone -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["token_revoked", "account_inactive"])
async def test_a_revoked_token_is_used_no_more_and_what_waited_goes_out_after_installing_again(
    house: House, error: str
) -> None:
    await house.slack.say(ELM, CAT, "help")
    await house.slack.say(ELM, DAN, "help")
    house.slack.world.tokens[f"xoxb-{ELM}"].gone = error
    calls = len([call for call in house.slack.calls if call.team == ELM])

    await house.beat()
    after = [call.method for call in house.slack.calls if call.team == ELM][calls:]
    await house.beat(after=timedelta(minutes=30))

    # Both of a batch may be on their way before the first is refused, and each refusal is asked about once.
    assert set(after) == {POST, "auth.test"}
    assert len(after) <= 4
    assert len([call for call in house.slack.calls if call.team == ELM]) == calls + len(after)
    assert (await states(house))["Cat Cox"] == (DeliveryState.QUEUED, "not-connected", 0)
    assert await posted(house) == {ANN: 1, BEA: 1, CAT: 1, DAN: 1}  # their help
    house.slack.installing(ELM, CAT)
    await house.slack.install(f"{house.url}/slack/install")
    await house.beat(after=timedelta(minutes=1))

    assert {state for state, _, _ in (await states(house)).values()} == {DeliveryState.SENT}


@pytest.mark.parametrize(
    "error",
    [
        "invalid_auth", "token_expired", "org_login_required", "ekm_access_denied", "team_access_not_granted",
        "not_allowed_token_type", "team_not_found",
    ],
)  # fmt: skip
async def test_a_workspace_that_takes_nothing_for_a_time_keeps_its_token_and_is_tried_again(
    house: House, error: str
) -> None:
    await house.slack.say(ELM, CAT, "help")
    token = house.slack.world.tokens[f"xoxb-{ELM}"]
    token.gone = error

    await house.beat()
    await house.beat(after=timedelta(minutes=30))

    assert await house.installations.token(ELM) == token.value
    assert (await states(house))["Cat Cox"] == (DeliveryState.QUEUED, "not-connected", 0)
    [note] = [each for each in await StoredNotes(house.store, "slack").all() if each.kind == "rests"]
    assert (note.workspace, note.reason) == (ELM, error)
    status = (await house.slack.command(OAK, SIAN, "status")).body
    assert "Elm. I try again every quarter of an hour" in status
    token.gone = ""
    await house.beat(after=timedelta(minutes=20))
    assert (await states(house))["Cat Cox"][0] is DeliveryState.SENT
    assert await house.address_of("Cat Cox") is not None
    assert "every quarter of an hour" not in (await house.slack.command(OAK, SIAN, "status")).body


async def test_coordinators_are_told_once_of_a_workspace_that_takes_nothing_for_an_hour(house: House) -> None:
    await house.slack.say(OAK, SIAN, "help")
    await house.slack.say(ELM, CAT, "help")
    house.slack.world.tokens[f"xoxb-{ELM}"].gone = "org_login_required"

    def told() -> int:
        lines = [each.text for each in house.slack.conversation(OAK, SIAN) if each.by_app]
        return sum("The chat of" in each and "Elm" in each for each in lines)

    await house.beat()
    await house.beat(after=timedelta(minutes=30))
    assert told() == 0
    for _ in range(3):
        await house.beat(after=timedelta(minutes=45))
    assert told() == 1


async def test_a_revocation_that_slack_does_not_confirm_is_none(house: House) -> None:
    await house.slack.say(ELM, CAT, "help")
    house.slack.fail(POST, Refused("account_inactive"), Refused("account_inactive"), team=ELM)

    await house.beat()
    await house.beat(after=timedelta(minutes=20))

    assert (await states(house))["Cat Cox"][0] is DeliveryState.SENT


async def test_a_token_that_was_replaced_meanwhile_is_not_thrown_away(house: House) -> None:
    """The old one is refused after the workspace has installed the bot again."""
    token = await house.installations.token(ELM)
    assert token is not None

    class Late:
        """A store that returns an earlier token once."""

        first = True

        async def token(self, workspace: str) -> str | None:
            if self.first:
                self.first = False
                return "xoxb-of-yesterday"
            return await house.installations.token(workspace)

        async def delete(self, workspace: str) -> None:
            await house.installations.delete(workspace)

    house.messenger._tokens = Late()  # noqa: SLF001  # another moment cannot be made from outside
    await house.slack.command(ELM, CAT, "status")

    assert await house.installations.token(ELM) == token


# --- long messages --------------------------------------------------------------------------------------------------

TO_ANN = Address("slack", OAK, ANN)
PAIRINGS = 70


def long_message(word: str) -> Message:
    """Return a message as long as the preview of 70 pairings: some 13,331 characters."""
    lines = tuple(Text(f"Group {number:02}: {word} {'with reasons ' * 13}") for number in range(PAIRINGS))
    return Message("The preview", (*lines, Buttons((Button("Confirm", Command("confirm")),))))


async def test_a_message_that_is_too_long_for_slack_comes_whole_in_parts(house: House) -> None:
    ref = await house.messenger.send(TO_ANN, long_message("first"), 7)

    seen = house.seen(OAK, ANN)
    assert len(seen) > 1
    assert [number for number in range(PAIRINGS) if f"Group {number:02}: first" not in "".join(seen)] == []
    assert "[Confirm]" in seen[-1]
    assert house.slack.refused == []
    assert await house.messenger.find(TO_ANN, 7) == ref


@pytest.mark.parametrize(
    "message", [Message("Gone", (Text("Gone."),)), long_message("second")], ids=["short", "long"]
)
async def test_a_long_message_is_replaced_in_all_its_parts(house: House, message: Message) -> None:
    ref = await house.messenger.send(TO_ANN, long_message("first"), 7)
    parts = len(house.seen(OAK, ANN))

    await house.messenger.update(TO_ANN, ref, message)

    seen = house.seen(OAK, ANN)
    assert len(seen) == parts
    assert "first" not in "".join(seen)
    assert seen[0].startswith(message.summary)


@pytest.mark.parametrize("mishap", [RateLimited(5), DroppedBefore()], ids=str)
async def test_a_long_message_of_which_a_part_is_missing_is_not_found(house: House, mishap: Mishap) -> None:
    house.slack.fail(POST, Fine(), mishap)

    with pytest.raises(Uncertain):
        await house.messenger.send(TO_ANN, long_message("first"), 7)

    assert await house.messenger.find(TO_ANN, 7) is None


# --- an answer that Slack refuses to show ---------------------------------------------------------------------------


@pytest.mark.parametrize("error", ["invalid_blocks", "msg_blocks_too_long", "invalid_arguments"])
async def test_an_answer_that_slack_refuses_comes_as_its_summary_once_and_is_noted(
    house: House, error: str
) -> None:
    before = len(house.seen(OAK, ANN))
    house.slack.fail(POST, Refused(error))

    with structlog.testing.capture_logs() as logged:
        answer = await house.slack.say(OAK, ANN, "help")

    [said] = house.slack.conversation(OAK, ANN)[before + 1 :]
    assert answer.status == 200
    assert "could not be shown" in said.text
    assert said.text.splitlines()[0]
    assert [each["platform"] for each in logged if each["event"] == "content.refused"] == ["slack"]
    notes = await StoredNotes(house.store, "slack").all()
    assert [(each.kind, each.times) for each in notes if each.kind == "refused"] == [("refused", 1)]


async def test_what_is_refused_in_plain_words_too_is_tried_no_more(house: House) -> None:
    house.slack.fail(POST, *[Refused("invalid_blocks")] * 5)

    assert (await house.slack.say(OAK, ANN, "help")).status == 200

    assert len(house.slack.called(POST)) == 2
