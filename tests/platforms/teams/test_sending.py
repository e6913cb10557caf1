"""Messages on their way to Teams: each once, at the pace that Teams takes, and the meaning of every refusal."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import ClientTimeout

from adapters.teams.connector import TIMEOUT, TeamsRefused, _as_core_error
from adapters.teams.inbound import read
from adapters.teams.messenger import TeamsMessenger
from adapters.teams.pace import Pace
from adapters.teams.tokens import TeamsTokens
from bot.errors import Blocked, Disconnected, SendError, Uncertain, Unreachable, Untraceable, UserError
from bot.message import Message, Text
from bot.model import Address
from bot.prompts import Prompts
from tests.platforms.slack.mishaps import DroppedAfter, DroppedBefore, Hang, Mishap, RateLimited, Status
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.stage import Stage, logs, on_stage, registration

HELLO = Message("Hello.", (Text("Hello."),))


def home(stage: Stage, who: str = "Elin") -> Address:
    """Return a person's address."""
    taken = read(stage.people.activity(who))
    assert taken is not None
    return taken.sender


async def test_a_message_is_posted_and_changed_in_place(stage: Stage) -> None:
    ref = await stage.messenger.send(home(stage), HELLO, 1)
    await stage.messenger.update(home(stage), ref, Message("Bye.", (Text("Bye."),)))

    [line] = stage.microsoft.world.seen("Elin")
    assert (line.id, line.summary, line.edited) == (ref, "Bye.", 1)
    assert line.activity["channelData"] == {"tenant": {"id": "tenant-1"}}
    assert stage.microsoft.world.faults == []


async def test_a_conversations_id_is_one_part_of_the_address_whatever_stands_in_it(stage: Stage) -> None:
    for id_ in ("19:abc@thread.tacv2;messageid=17", "a:1_x-y/../z?q=1#f", "a:ünï %2F"):
        stage.microsoft.world.people["Elin"] = Chatty(stage.microsoft.world.people["Elin"], id_)
        await stage.messenger.send(home(stage), HELLO, 1)
        assert stage.microsoft.world.posted[-1].chat == id_


def Chatty(person: Any, chat: str) -> Any:  # noqa: N802  # it makes one
    """Return a person whose chat has another id."""
    kind = type("Chatty", (type(person),), {"chat": chat})
    return kind(**{name: getattr(person, name) for name in type(person).__dataclass_fields__})


@pytest.mark.parametrize("status", [412, 429])
async def test_what_is_not_taken_comes_again_when_it_says(stage: Stage, status: int) -> None:
    mishap: Mishap = RateLimited(7) if status == 429 else Status(412)
    stage.microsoft.fail("send", mishap)

    with pytest.raises(SendError) as refused:
        await stage.messenger.send(home(stage), HELLO, 1)

    wait = refused.value.retry_after
    assert wait is not None
    assert (
        wait == timedelta(seconds=7)
        if status == 429
        else timedelta(seconds=20) <= wait <= timedelta(seconds=40)
    )
    assert stage.microsoft.world.posted == []


@pytest.mark.parametrize(
    "mishap",
    [
        Status(500),
        Status(502),
        Status(503),
        Status(504),
        Status(408),
        DroppedBefore(),
        Status(502, after=True),
        DroppedAfter(),
    ],
)
async def test_what_may_have_arrived_is_uncertain_and_tried_once_only(stage: Stage, mishap: Mishap) -> None:
    stage.microsoft.fail("send", mishap)

    with pytest.raises(Uncertain):
        await stage.messenger.send(home(stage), HELLO, 1)

    assert stage.microsoft.world.count("send") == 1
    with pytest.raises(Untraceable):
        await stage.messenger.find(home(stage), 1)


async def test_who_does_not_answer_is_not_waited_for(microsoft: FakeMicrosoft, prompts: Prompts) -> None:
    assert TIMEOUT.total == 20
    async with on_stage(microsoft, prompts, limit=ClientTimeout(total=0.1)) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        stage.microsoft.fail("send", Hang())

        with pytest.raises(Uncertain):
            await stage.messenger.send(home(stage), HELLO, 1)


async def test_whoever_cannot_be_reached_at_all_is_tried_again_in_a_minute_and_that_is_no_try(
    stage: Stage,
) -> None:
    away = Address(
        "teams",
        "tenant-1",
        "aad-Elin",
        home(stage).route.replace(stage.microsoft.origin, "http://127.0.0.1:9"),
    )

    with pytest.raises(SendError) as refused:
        await stage.messenger.send(away, HELLO, 1)

    assert refused.value.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize("change", [{"installed": False}, {"blocked": True}])
async def test_whoever_has_removed_or_blocked_us_is_owed_it_until_a_later_day(
    stage: Stage, change: dict[str, bool]
) -> None:
    for name, value in change.items():
        setattr(stage.microsoft.world.people["Elin"], name, value)

    with pytest.raises(Blocked):
        await stage.messenger.send(home(stage), HELLO, 1)


async def test_a_chat_that_is_not_there_is_tried_on_a_later_day_and_a_person_without_a_route_never(
    stage: Stage,
) -> None:
    where = home(stage)
    stage.microsoft.world.people.clear()

    with pytest.raises(Blocked):
        await stage.messenger.send(where, HELLO, 1)
    with pytest.raises(Unreachable) as never:
        await stage.messenger.send(Address("teams", "tenant-1", "aad-Elin"), HELLO, 1)

    assert never.value.reason == "no-such-account"


@pytest.mark.parametrize("mishap", [Status(403), Status(404)])
async def test_a_refusal_that_names_no_reason_is_not_believed(stage: Stage, mishap: Mishap) -> None:
    stage.microsoft.fail("send", mishap)  # a proxy's page

    with logs(), pytest.raises(SendError):
        await stage.messenger.send(home(stage), HELLO, 1)

    await stage.messenger.send(home(stage), HELLO, 1)
    assert [line.summary for line in stage.microsoft.world.seen("Elin")] == ["Hello."]


@pytest.mark.parametrize(
    ("status", "body", "believed"),
    [
        (403, {"error": {"code": "MessageWritesBlocked"}}, True),
        (403, {"error": {"code": "ConversationBlockedByUser"}}, True),
        (403, {"error": {"code": "BotDisabledByAdmin"}}, True),
        (404, {"error": {"code": "ConversationNotFound"}}, True),
        (403, {"error": {"code": "NotEnoughPermissions"}}, False),
        (403, {"error": {"code": "InvalidBotApiHost"}}, False),
        (403, {"error": "MessageWritesBlocked"}, False),
        (403, {"error": {"code": None}}, False),
        (403, [], False),
        (404, None, False),
    ],
)
def test_only_what_names_the_block_is_one(status: int, body: object, believed: bool) -> None:
    with logs():
        error = _as_core_error(status, {}, json.dumps(body).encode())

    assert isinstance(error, Blocked if believed else SendError)


async def test_a_message_that_was_deleted_is_not_mended_and_its_reader_is_still_there(stage: Stage) -> None:
    with pytest.raises(Unreachable):
        await stage.messenger.update(home(stage), "17", HELLO)


async def test_what_microsoft_finds_fault_with_is_a_slip_of_ours(stage: Stage) -> None:
    stage.microsoft.fail("send", Status(400), Status(413))

    with logs():
        for _ in range(2):
            with pytest.raises(TeamsRefused):
                await stage.messenger.send(home(stage), HELLO, 1)


async def test_a_token_that_is_taken_no_more_waits(stage: Stage) -> None:
    await stage.messenger.send(home(stage), HELLO, 1)
    stage.microsoft.world.tokens.clear()

    with logs(), pytest.raises(Disconnected):
        await stage.messenger.send(home(stage), HELLO, 2)


async def test_where_entra_is_silent_it_is_no_failed_try(stage: Stage) -> None:
    stage.microsoft.fail("discovery", Status(503))

    with logs(), pytest.raises(SendError) as refused:
        await stage.messenger.send(home(stage), HELLO, 1)

    assert refused.value.retry_after == timedelta(seconds=30)
    await stage.messenger.send(home(stage), HELLO, 1)
    assert len(stage.microsoft.world.posted) == 1


async def test_where_entra_refuses_us_what_is_owed_waits(microsoft: FakeMicrosoft, prompts: Prompts) -> None:
    async with on_stage(
        microsoft, prompts, known=registration(microsoft, password="secret-of-another")
    ) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        with logs() as found, pytest.raises(Disconnected):
            await stage.messenger.send(home(stage), HELLO, 1)

    assert [each["reason"] for each in found] == ["invalid_client"]
    assert "secret-of-another" not in str(found)


async def test_a_managed_identity_signs_in_without_a_secret(
    microsoft: FakeMicrosoft, prompts: Prompts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{microsoft.origin}/managed/token")
    monkeypatch.setenv("IDENTITY_HEADER", "header")

    async with on_stage(microsoft, prompts, known=registration(microsoft, password="")) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        await stage.messenger.send(home(stage), HELLO, 1)

    assert len(microsoft.world.posted) == 1
    assert microsoft.world.count("discovery") == 0


async def test_one_process_asks_for_one_token(stage: Stage) -> None:
    tokens = TeamsTokens(registration(stage.microsoft), clock=stage.clock)

    first = await tokens.get()
    stage.clock.seconds += 3_600

    assert await tokens.get() == first
    assert stage.microsoft.world.count("token") == 1


async def test_a_conversation_is_written_to_no_faster_than_teams_takes(stage: Stage) -> None:
    for number in range(7):
        await stage.messenger.send(home(stage), HELLO, number)
    with pytest.raises(SendError) as refused:
        await stage.messenger.send(home(stage), HELLO, 8)

    assert refused.value.retry_after == timedelta(seconds=1)
    stage.people.add("Tama", "tenant-1", installed=True)
    await stage.messenger.send(home(stage, "Tama"), HELLO, 9)
    assert len(stage.microsoft.world.posted) == 8


@pytest.mark.parametrize(
    ("most", "within", "every"), [(7, 1, 0.01), (8, 2, 0.17), (60, 30, 0.3), (1_800, 3_600, 1.9)]
)
def test_each_of_teams_limits_is_kept(most: int, within: int, every: float) -> None:
    now = 0.0
    pace = Pace(lambda: now)
    sent: list[float] = []

    while len(sent) < most + 1:
        wait = refusal(pace)
        if wait is None:
            sent.append(now)
            now += every
        else:
            now += wait.total_seconds() + 1e-6

    assert sent[-1] - sent[0] >= within


def refusal(pace: Pace) -> timedelta | None:
    """Return the wait before one more message; None when it was sent."""
    try:
        pace.step("a")
    except SendError as refused:
        return refused.retry_after
    return None


def test_a_conversation_that_was_silent_for_long_is_forgotten() -> None:
    pace = Pace(lambda: 0.0)
    for number in range(5_000):
        pace.step(f"a:{number}")

    for _ in range(7):
        pace.step("a:0")
    with pytest.raises(SendError):
        pace.step("a:0")


# --- the directory ----------------------------------------------------------------------------------------------------


async def test_an_email_address_is_read_from_the_tenant(stage: Stage) -> None:
    assert await stage.messenger.email_of(home(stage)) == "elin@example.org"


@pytest.mark.parametrize(
    ("more", "email"),
    [
        ({"email": "", "principal": "elin@school.example"}, "elin@school.example"),
        ({"email": "elin@home.example", "principal": "elin_home.example#EXT#@school.example"}, ""),
        ({"email": "elin@home.example", "role": "guest"}, ""),
        ({"email": "", "role": "anonymous"}, ""),
    ],
)
async def test_guests_have_none(stage: Stage, more: dict[str, Any], email: str) -> None:
    stage.people.add("Guest", "tenant-1", installed=True, **more)

    assert await stage.messenger.email_of(home(stage, "Guest")) == email


@pytest.mark.parametrize("mishap", [Status(500), RateLimited(3)])
async def test_a_directory_that_does_not_answer_is_asked_again(stage: Stage, mishap: Mishap) -> None:
    stage.microsoft.fail("member", mishap)

    with pytest.raises(SendError):
        await stage.messenger.email_of(home(stage))


async def test_who_is_gone_has_no_address(stage: Stage) -> None:
    stage.microsoft.world.people["Elin"].installed = False

    assert await stage.messenger.email_of(home(stage)) == ""


async def test_nobody_is_looked_for_on_teams(stage: Stage) -> None:
    messenger: TeamsMessenger = stage.messenger

    assert await messenger.named("tenant-1", "elin@example.org") is None
    with pytest.raises(UserError, match="no-such-channel"):
        await messenger.members_of(home(stage), "#staff")
    assert messenger.gathers is False


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x",
        "http://169.254.169.254/",
        "https://sharepoint.com.evil.example/",
        "file:///etc",
        "https://[",
        "",
    ],
)
async def test_a_file_goes_into_its_owners_onedrive_and_nowhere_else(stage: Stage, url: str) -> None:
    from bot.message import File

    stage.reply = Message("Yours.", (File("d.json", "application/json", b"{}"),))
    value = {"action": "accept", "uploadInfo": {"uploadUrl": url, "name": "d.json"}}

    with logs():
        assert (await stage.people.invoke("Elin", "fileConsent/invoke", value)).status == 200

    assert stage.microsoft.world.count("upload") == 0
    [told] = stage.microsoft.world.posted
    assert "could not put the file into your OneDrive" in told.activity["summary"]


async def test_a_message_that_is_too_long_for_teams_comes_whole_in_parts(stage: Stage) -> None:
    long = Message(
        "The preview", tuple(Text(f"Group {number:03}: {'reasons ' * 40}") for number in range(140))
    )

    await stage.messenger.send(home(stage), long, 1)

    shown = [json.dumps(line.card) for line in stage.microsoft.world.seen("Elin") if line.by_bot]
    assert len(shown) > 1
    assert [number for number in range(140) if f"Group {number:03}:" not in "".join(shown)] == []
    assert stage.microsoft.world.faults == []


async def test_a_long_message_is_replaced_in_all_its_cards(stage: Stage) -> None:
    def of(words: str, groups: int) -> Message:
        return Message(
            "The preview", tuple(Text(f"{words} {n:03}: {'reasons ' * 40}") for n in range(groups))
        )

    ref = await stage.messenger.send(home(stage), of("Group", 140), 1)
    stage.clock.seconds += 60
    await stage.messenger.update(home(stage), ref, of("Pair", 3))
    shown = [
        json.dumps(line.card, ensure_ascii=False)
        for line in stage.microsoft.world.seen("Elin")
        if line.by_bot
    ]
    assert "Group" not in "".join(shown)
    assert "Pair 002" in shown[0]
    assert all("…" in card for card in shown[1:])

    stage.clock.seconds += 60
    await stage.messenger.update(home(stage), ref, of("Pair", 300))
    cards = [line.card for line in stage.microsoft.world.seen("Elin") if line.by_bot]
    assert "Pair 060" in "".join(map(json.dumps, cards))
    assert len(cards) == len(shown)
    assert stage.microsoft.world.faults == []


@pytest.mark.parametrize("status", [400, 413])
async def test_an_answer_that_microsoft_refuses_comes_as_its_summary_once(stage: Stage, status: int) -> None:
    stage.microsoft.fail("send", Status(status))
    stage.reply = Message("What comes next", (Text("All of it."),))

    with logs() as found:
        answer = await stage.people.say("Elin", "status")

    [said] = [line.activity["text"] for line in stage.microsoft.world.seen("Elin") if line.by_bot]
    assert answer.status == 200
    assert said.startswith("What comes next")
    assert "could not be shown" in said
    assert [each["platform"] for each in found if each["event"] == "content.refused"] == ["teams"]
