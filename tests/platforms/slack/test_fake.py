"""The fake Slack itself, which is as strict as Slack."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import ClientSession, ServerDisconnectedError, web
from slack_sdk.errors import SlackApiError
from slack_sdk.signature import SignatureVerifier
from slack_sdk.web.async_client import AsyncWebClient

from bot.message import File
from tests.platforms.slack import reading
from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.mishaps import DroppedAfter, DroppedBefore, Hang, RateLimited, Refused, Status
from tests.platforms.slack.remote import RemoteSlack
from tests.platforms.slack.wire import NotSent

SECRET = "signing-secret"
TOKEN = "xoxb-1"
WORDS = [{"type": "section", "text": {"type": "plain_text", "text": "Hello", "emoji": False}}]
BUTTON = [
    {
        "type": "actions",
        "elements": [
            {
                "type": "button",
                "action_id": "press-1",
                "value": "c:help",
                "text": {"type": "plain_text", "text": "Help", "emoji": False},
            }
        ],
    }
]
MODAL = {
    "type": "modal",
    "callback_id": "check-in",
    "private_metadata": "12",
    "title": {"type": "plain_text", "text": "This week", "emoji": False},
    "submit": {"type": "plain_text", "text": "Send", "emoji": False},
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": {"type": "plain_text", "text": "What?", "emoji": False},
            "element": {"type": "plain_text_input", "action_id": "value", "max_length": 500},
            "optional": False,
        }
    ],
}


@dataclass
class App:
    """An app in place of the bot: checks signatures as Bolt does, records requests, gives set answers."""

    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.text()
        if not SignatureVerifier(SECRET).is_valid_request(body, dict(request.headers)):
            return web.Response(status=401)
        self.heard.append((body, dict(request.headers)))
        answer = self.answers.pop(0) if self.answers else None
        return web.Response() if answer is None else web.json_response(answer)


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with running_slack() as slack:
        slack.add_workspace("T1", "Ysgol Bryn Derw", token=TOKEN)
        slack.add_workspace("T2", "Te Awa", token="xoxb-2", scopes="chat:write")
        slack.add_person("T1", "U1", "elin@example.org", name="Elin Pugh")
        slack.add_person("T1", "U2", "jo@example.org", name="Jo Hart")
        slack.add_person("T2", "U3", "tama@example.org", name="Tama Rewi")
        yield slack


@pytest.fixture
async def app(slack: FakeSlack) -> AsyncIterator[App]:
    app, routes = App(), web.Application()
    routes.add_routes([web.post("/slack/events", app.take)])
    runner = web.AppRunner(routes, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.connect_app(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
    yield app
    await runner.cleanup()


def client(slack: FakeSlack, token: str = TOKEN) -> AsyncWebClient:
    return AsyncWebClient(token, base_url=slack.api_url, retry_handlers=[])


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refused:
        await call
    return str(refused.value.response["error"])


async def test_a_post_to_a_person_stands_in_their_conversation_with_its_metadata(slack: FakeSlack) -> None:
    metadata = {"event_type": "delivery", "event_payload": {"id": "7"}}
    posted = await client(slack).chat_postMessage(channel="U1", text="Hello", blocks=WORDS, metadata=metadata)

    [line] = slack.conversation("T1", "U1")
    assert (line.ts, line.text, line.metadata) == (posted["ts"], "Hello", metadata)
    assert line.channel == posted["channel"]
    found = await client(slack).conversations_history(channel=line.channel, include_all_metadata=True)
    assert found["messages"][0]["metadata"] == metadata
    bare = await client(slack).conversations_history(channel=line.channel)
    assert "metadata" not in bare["messages"][0]


async def test_tokens_scopes_and_ids_are_refused_as_slack_does(slack: FakeSlack) -> None:
    assert await error_of(client(slack, "xoxb-9").auth_test()) == "invalid_auth"
    assert await error_of(client(slack).chat_postMessage(channel="U3", text="x")) == "user_not_found"
    assert await error_of(client(slack).chat_postMessage(channel="C9", text="x")) == "channel_not_found"
    assert await error_of(client(slack, "xoxb-2").users_info(user="U3")) == "missing_scope"
    assert await error_of(client(slack).chat_postMessage(channel="U1", text="x", blocks=WORDS * 51)) == (
        "invalid_blocks"
    )
    assert await error_of(client(slack).chat_update(channel="U1", ts="1", text="x")) == "channel_not_found"


async def test_what_was_dropped_after_it_was_done_is_there(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", DroppedBefore(), DroppedAfter(), Status(502), Refused("user_not_found"))

    for _ in range(2):
        with pytest.raises(ServerDisconnectedError):
            await client(slack).chat_postMessage(channel="U1", text="x")
    with pytest.raises(SlackApiError):
        await client(slack).chat_postMessage(channel="U1", text="x")
    assert await error_of(client(slack).chat_postMessage(channel="U1", text="x")) == "user_not_found"

    assert len(slack.posts()) == 1
    assert len(slack.called("chat.postMessage")) == 4


async def test_a_workspaces_own_limit_leaves_the_others_alone(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", RateLimited(7), team="T1")

    await client(slack, "xoxb-2").chat_postMessage(channel="U3", text="x")
    with pytest.raises(SlackApiError) as limited:
        await client(slack).chat_postMessage(channel="U1", text="x")

    assert limited.value.response.status_code == 429
    assert limited.value.response.headers["Retry-After"] == "7"


async def test_a_call_that_hangs_ends_with_its_caller(slack: FakeSlack) -> None:
    slack.fail("chat.postMessage", Hang())
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client(slack).chat_postMessage(channel="U1", text="x")
    assert slack.posts() == []


async def test_a_command_is_signed_and_its_answer_seen_by_one_person(slack: FakeSlack, app: App) -> None:
    slack.add_channel("T1", "C1", "staff", ["U1", "U2"])
    app.answers = [{"text": "Here is help."}]

    answer = await slack.command("T1", "U1", "invite #staff <now>", channel="C1")

    told = parse_qs(app.heard[0][0])
    assert answer.status == 200
    assert told["text"] == ["invite <#C1|staff> &lt;now&gt;"]
    assert [line.text for line in slack.conversation("T1", "U1")] == ["Here is help."]
    assert slack.conversation("T1", "U2") == slack.channel("C1") == []


async def test_a_wrong_secret_is_noticed(slack: FakeSlack, app: App) -> None:
    slack.connect_app(slack.wire.url, "another")
    assert (await slack.say("T1", "U1", "hello")).status == 401


async def test_a_trigger_is_good_for_three_seconds_and_once(slack: FakeSlack, app: App) -> None:
    await slack.command("T1", "U1", "start")
    trigger = parse_qs(app.heard[0][0])["trigger_id"][0]
    assert await error_of(client(slack, "xoxb-2").views_open(trigger_id=trigger, view=MODAL)) == (
        "invalid_trigger_id"
    )
    await client(slack).views_open(trigger_id=trigger, view=MODAL)
    assert await error_of(client(slack).views_open(trigger_id=trigger, view=MODAL)) == "exchanged_trigger_id"

    await slack.command("T1", "U1", "start")
    late = parse_qs(app.heard[1][0])["trigger_id"][0]
    slack.wait(3.5)
    assert await error_of(client(slack).views_open(trigger_id=late, view=MODAL)) == "expired_trigger_id"


async def test_a_modal_stays_open_with_what_is_wrong_and_closes_when_taken(
    slack: FakeSlack, app: App
) -> None:
    await slack.command("T1", "U1", "start")
    trigger = parse_qs(app.heard[0][0])["trigger_id"][0]
    await client(slack).views_open(trigger_id=trigger, view=MODAL)
    app.answers = [{"response_action": "errors", "errors": {"what": "A word or two, please."}}, None]

    with pytest.raises(NotSent, match="has to be filled in"):
        await slack.submit("T1", "U1")
    await slack.submit("T1", "U1", {"what": "x"})
    modal = slack.modal("T1", "U1")
    assert modal is not None
    assert modal.errors == {"what": "A word or two, please."}
    await slack.submit("T1", "U1")

    assert slack.modal("T1", "U1") is None
    assert '"value": "x"' in parse_qs(app.heard[-1][0])["payload"][0]
    assert slack.refused == []


async def test_a_response_url_answers_five_times_within_half_an_hour(slack: FakeSlack, app: App) -> None:
    posted = await client(slack).chat_postMessage(channel="U1", text="Hello", blocks=BUTTON)
    await slack.press("T1", "U1", label="Help")
    url = str(slack.wire.sent[-1].payload["response_url"])

    async with ClientSession() as session:
        for number in range(5):
            body = {"replace_original": True, "text": f"{number}"}
            async with session.post(url, json=body) as answered:
                assert answered.status == 200
        async with session.post(url, json={"text": "6"}) as answered:
            assert (answered.status, (await answered.json())["error"]) == (404, "used_url")
        await client(slack).chat_update(channel=posted["channel"], ts=posted["ts"], text="4", blocks=BUTTON)
        await slack.press("T1", "U1", posted["ts"], "press-1")
        slack.wait(31 * 60)
        async with session.post(str(slack.wire.sent[-1].payload["response_url"]), json={"text": "x"}) as late:
            assert (await late.json())["error"] == "expired_url"

    [line] = slack.conversation("T1", "U1")
    assert (line.text, line.edited) == ("4", True)


async def test_installing_and_uninstalling(slack: FakeSlack, app: App) -> None:
    slack.add_workspace("T3", "Northgate")
    slack.installing("T3")
    asked = f"{slack.authorize_url}?client_id={slack.installs.client_id}&scope=chat:write&state=s"
    async with ClientSession() as session:
        way = f"{asked}&redirect_uri=http://127.0.0.1/slack/oauth"
        async with session.get(way, allow_redirects=False) as back:
            code = parse_qs(back.headers["Location"].partition("?")[2])
    assert code["state"] == ["s"]
    access = {
        "client_id": slack.installs.client_id,
        "client_secret": slack.installs.client_secret,
        "code": code["code"][0],
        "redirect_uri": "http://127.0.0.1/slack/oauth",
    }
    token = (await client(slack, "").api_call("oauth.v2.access", data=access))["access_token"]
    assert (await client(slack, token).auth_test())["team_id"] == "T3"
    assert await error_of(client(slack, "").api_call("oauth.v2.access", data=access)) == "invalid_code"

    answers = await slack.uninstall("T3", tokens_first=True)

    assert [each.status for each in answers] == [200, 200]
    assert '"tokens_revoked"' in app.heard[0][0]
    assert await error_of(client(slack, token).auth_test()) == "account_inactive"


async def test_a_file_shows_when_it_is_ready_and_not_before(slack: FakeSlack) -> None:
    slack.world.polls_until_ready = 1
    place = await client(slack).files_getUploadURLExternal(filename="chart.png", length=3, alt_txt="A chart")
    async with ClientSession() as session, session.post(place["upload_url"], data=b"png") as uploaded:
        assert uploaded.status == 200
    name = place["file_id"]
    await client(slack).files_completeUploadExternal(files=[{"id": name, "title": "Chart"}])
    image = [{"type": "image", "slack_file": {"id": name}, "alt_text": "A chart"}]

    assert await error_of(client(slack).chat_postMessage(channel="U1", text="x", blocks=image)) == (
        "invalid_blocks"
    )
    assert (await client(slack).files_info(file=name))["file"]["mimetype"] == ""
    assert (await client(slack).files_info(file=name))["file"]["mimetype"] == "image/png"
    await client(slack).chat_postMessage(channel="U1", text="x", blocks=image)

    assert [(file.content, file.ready) for file in slack.files] == [(b"png", True)]


async def test_a_group_has_at_most_eight_with_the_bot_and_is_found_again(slack: FakeSlack) -> None:
    more = [slack.add_person("T1", f"U1{number}").id for number in range(8)]
    first = await client(slack).conversations_open(users="U1,U2")
    again = await client(slack).conversations_open(users=["U2", "U1"])

    assert first["channel"]["id"] == again["channel"]["id"]
    assert await error_of(client(slack).conversations_open(users=more)) == "too_many_users"
    await client(slack).conversations_open(users=more[:7])


async def test_pages_of_members_are_walked_by_cursor(slack: FakeSlack) -> None:
    slack.add_channel("T1", "C1", "staff", [slack.add_person("T1", f"U1{n}").id for n in range(5)])
    found: list[str] = []
    cursor: str | None = None
    while cursor != "":
        answer = await client(slack).conversations_members(channel="C1", limit=2, cursor=cursor)
        found += answer["members"]
        cursor = answer["response_metadata"]["next_cursor"]
    assert found == ["UBOTT1", "U10", "U11", "U12", "U13", "U14"]


async def test_the_driver_does_the_same_over_http(slack: FakeSlack, app: App) -> None:
    async with ClientSession() as session:
        there = RemoteSlack(session, slack.driver_url)
        await there.add_person("T1", "U4", "mere@example.org", name="Mere Parata")
        await there.fail("chat.postMessage", RateLimited(3))
        app.answers = [{"text": "Heard."}]
        assert (await there.command("T1", "U4", "help")).status == 200
        [line] = await there.conversation("T1", "U4")
        assert (line.text, line.only_for, line.via) == ("Heard.", "U4", "command")
        with pytest.raises(SlackApiError):
            await client(slack).chat_postMessage(channel="U4", text="x")
        await client(slack).chat_postMessage(channel="U4", text="x", blocks=BUTTON)
        await there.press("T1", "U4", label="Help")
        trigger = slack.wire.sent[-1].payload["trigger_id"]
        await client(slack).views_open(trigger_id=trigger, view=MODAL)
        modal = await there.modal("T1", "U4")
        assert modal is not None
        assert modal["view"]["callback_id"] == "check-in"
        assert (await there.submit("T1", "U4", {"what": "x"})).status == 200
        assert await there.modal("T1", "U4") is None
        with pytest.raises(NotSent, match="no button"):
            await there.press("T1", "U4", label="Nothing")


async def test_a_person_walks_through_the_apps_own_page_with_its_cookie(slack: FakeSlack) -> None:
    slack.add_workspace("T3", "Northgate")
    seen: list[tuple[str, str]] = []

    async def page(request: web.Request) -> web.Response:
        back = f"{request.url.origin()}/slack/oauth"
        query = (
            f"client_id={slack.installs.client_id}&amp;scope=chat:write&amp;state=s&amp;redirect_uri={back}"
        )
        answer = web.Response(
            text=f'<a href="{slack.authorize_url}?{query}">Add</a>', content_type="text/html"
        )
        answer.set_cookie("state", "s", secure=True)
        return answer

    async def back(request: web.Request) -> web.Response:
        seen.append((request.query.get("error", "fine"), request.cookies["state"]))
        return web.Response(text="Installed.")

    routes = web.Application()
    routes.add_routes([web.get("/slack/install", page), web.get("/slack/oauth", back)])
    runner = web.AppRunner(routes, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/slack/install"

    slack.installing("T3")
    assert (await slack.install(address)).body == "Installed."
    slack.installing("T3", error="access_denied")
    await slack.install(address)
    await runner.cleanup()

    assert seen == [("fine", "s"), ("access_denied", "s")]


async def test_the_sdks_own_upload_arrives_in_the_conversation(slack: FakeSlack) -> None:
    channel = (await client(slack).conversations_open(users="U1"))["channel"]["id"]
    await client(slack).files_upload_v2(
        channel=channel, content="{}", filename="my-data.json", title="My data"
    )

    [line] = slack.conversation("T1", "U1")
    async with ClientSession() as session:
        files = await RemoteSlack(session, slack.driver_url).files()
    assert files == slack.files
    assert reading.line(line, files).elements == (File("my-data.json", "application/json", b"{}"),)


async def test_old_and_forged_requests_are_ready_to_be_sent(slack: FakeSlack, app: App) -> None:
    body = "payload=%7B%7D"
    fresh, old = slack.signed(body), slack.signed(body, age=301)
    assert (await slack.raw(body, fresh)).status == 200
    assert (await slack.raw(body, old)).status == 401
    assert (await slack.raw(body, slack.signed(body, secret="another"))).status == 401
    assert (await slack.raw(body + "&more=1", fresh)).status == 401


async def test_bots_and_guests_can_be_told_from_a_channels_people(slack: FakeSlack) -> None:
    slack.add_person("T1", "U8", "guest@example.org", is_guest=True)
    slack.add_channel("T1", "C1", "staff", ["U1", "U8"])
    found = (await client(slack).conversations_members(channel="C1"))["members"]
    people = [(await client(slack).users_info(user=each))["user"] for each in found]

    assert [(each["is_bot"], each["is_restricted"]) for each in people] == [
        (True, False),
        (False, False),
        (False, True),
    ]
    assert people[1]["profile"]["email"] == "elin@example.org"


async def test_a_retry_has_the_same_event_id(slack: FakeSlack, app: App) -> None:
    await slack.say("T1", "U1", "R&D <b>")
    await slack.again()
    assert app.heard[0][0] == app.heard[1][0]
    assert '"text": "R&amp;D &lt;b&gt;"' in app.heard[0][0]
    assert app.heard[1][1]["X-Slack-Retry-Num"] == "1"
