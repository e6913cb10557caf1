"""The fake Slack with Slack's own framework, by HTTP and by Socket Mode."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.platforms.slack.fake import FakeSlack, running_slack
from tests.platforms.slack.wire import NotSent
from tests.platforms.slack.world import Line

SECRET = "signing-secret"


def text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words, "emoji": False}


def modal(words: str) -> dict[str, Any]:
    element = {"type": "plain_text_input", "action_id": "value", "max_length": 500}
    menu = {
        "type": "checkboxes",
        "action_id": "value",
        "options": [{"text": text(each), "value": each} for each in ("8b", "9a")],
    }
    return {
        "type": "modal",
        "callback_id": "check-in",
        "private_metadata": "12",
        "title": text(words),
        "submit": text("Send"),
        "notify_on_close": True,
        "blocks": [
            {"type": "input", "block_id": "what", "label": text("What?"), "element": element},
            {
                "type": "input",
                "block_id": "with",
                "label": text("With?"),
                "element": menu,
                "optional": True,
            },
        ],
    }


BUTTONS = [
    {
        "type": "actions",
        "elements": [
            {"type": "button", "action_id": "press-1", "value": "o:check-in:12", "text": text("Answer now")}
        ],
    }
]


def bolt(slack: FakeSlack, heard: list[tuple[str, Any]]) -> AsyncApp:
    """Return a small app that records what it gets, and answers."""

    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        heard.append(("authorize", (enterprise_id, team_id)))
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token="xoxb-1", bot_user_id="UBOTT1"
        )

    app = AsyncApp(
        signing_secret=SECRET,
        authorize=authorize,
        process_before_response=True,
        client=AsyncWebClient(base_url=slack.api_url, retry_handlers=[]),
    )

    hear_events(app, heard)
    hear_interactions(app, heard)
    return app


def hear_events(app: AsyncApp, heard: list[tuple[str, Any]]) -> None:
    @app.command("/jpd")
    async def command(ack: Any, command: Any) -> None:
        heard.append(("command", command["text"]))
        await ack(text="Heard.")

    @app.event("message")
    async def message(event: Any, client: Any) -> None:
        heard.append(("message", (event.get("subtype"), event.get("text"))))
        if event.get("subtype") is None:
            await client.chat_postMessage(channel=event["user"], text="Kept.", blocks=BUTTONS)

    @app.event({"type": "app_mention"})
    async def mention(event: Any) -> None:
        heard.append(("mention", event["text"]))

    @app.event("app_home_opened")
    async def home(event: Any, client: Any) -> None:
        view = {"type": "home", "blocks": [{"type": "header", "text": text("Home")}, *BUTTONS]}
        await client.views_publish(user_id=event["user"], view=view)

    @app.event("app_uninstalled")
    async def gone() -> None:
        heard.append(("gone", None))

    @app.event("tokens_revoked")
    async def revoked() -> None:
        heard.append(("revoked", None))


def hear_interactions(app: AsyncApp, heard: list[tuple[str, Any]]) -> None:
    @app.action("press-1")
    async def press(ack: Any, body: Any, client: Any, respond: Any) -> None:
        heard.append(("press", (body["container"]["type"], body["actions"][0]["value"])))
        await client.views_open(trigger_id=body["trigger_id"], view=modal("This week"))
        if body["container"]["type"] == "message":
            await respond(text="Opened.", replace_original=True)
        await ack()

    @app.view("check-in")
    async def submit(ack: Any, view: Any) -> None:
        values = view["state"]["values"]
        chosen = [each["value"] for each in values["with"]["value"]["selected_options"]]
        heard.append(("submit", (view["private_metadata"], values["what"]["value"]["value"], chosen)))
        if values["what"]["value"]["value"] == "wrong":
            await ack(response_action="errors", errors={"what": "Another word, please."})
        elif values["what"]["value"]["value"] == "more":
            await ack(response_action="update", view=modal("And now?"))
        else:
            await ack()

    @app.view_closed("check-in")
    async def closed(ack: Any) -> None:
        heard.append(("closed", None))
        await ack()


@asynccontextmanager
async def over_http(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[None]:
    async def take(request: web.Request) -> web.StreamResponse:
        answer: web.Response = await to_aiohttp_response(
            await app.async_dispatch(await to_bolt_request(request))
        )
        return answer

    routes = web.Application()
    routes.add_routes([web.post("/slack/events", take)])
    runner = web.AppRunner(routes, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.connect_app(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events", SECRET)
    try:
        yield
    finally:
        await runner.cleanup()


@asynccontextmanager
async def over_a_socket(slack: FakeSlack, app: AsyncApp) -> AsyncIterator[None]:
    mode = AsyncSocketModeHandler(
        app, slack.installs.app_token, web_client=AsyncWebClient(base_url=slack.api_url)
    )
    await mode.connect_async()  # type: ignore[no-untyped-call]  # Bolt says nothing of its result
    try:
        yield
    finally:
        await mode.close_async()  # type: ignore[no-untyped-call]  # the same


@pytest.mark.parametrize("way", [over_http, over_a_socket])
async def test_everything_that_people_do_reaches_bolt(way: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    heard: list[tuple[str, Any]] = []
    async with running_slack() as slack:
        slack.add_workspace("T1", "Ysgol Bryn Derw", token="xoxb-1")
        slack.add_person("T1", "U1", "elin@example.org", name="Elin Pugh")
        slack.add_channel("T1", "C1", "staff", ["U1"])
        async with way(slack, bolt(slack, heard)):
            assert (await slack.command("T1", "U1", "status")).status == 200
            assert (await slack.say("T1", "U1", "I waited & <smiled>")).status == 200
            await slack.press("T1", "U1", label="Answer now")
            await slack.submit("T1", "U1", {"what": "wrong", "with": ["8b", "9a"]})
            wrong = slack.modal("T1", "U1")
            assert wrong is not None
            assert wrong.errors == {"what": "Another word, please."}
            await slack.submit("T1", "U1", {"what": "more"})
            more = slack.modal("T1", "U1")
            assert more is not None
            assert more.view["title"]["text"] == "And now?"
            await slack.submit("T1", "U1", {"what": "four"})
            assert slack.modal("T1", "U1") is None
            await slack.open_home("T1", "U1")
            await slack.press("T1", "U1", "home", "press-1")
            await slack.close("T1", "U1")
            await slack.mention("T1", "U1", "C1", "help")
            lines = slack.conversation("T1", "U1")
            await slack.edit("T1", "U1", lines[1].ts, "I waited")
            await slack.uninstall("T1")

    assert [each for each in heard if each[0] != "authorize"] == [
        ("command", "status"),
        ("message", (None, "I waited &amp; &lt;smiled&gt;")),
        ("press", ("message", "o:check-in:12")),
        ("submit", ("12", "wrong", ["8b", "9a"])),
        ("submit", ("12", "more", ["8b", "9a"])),
        ("submit", ("12", "four", ["8b", "9a"])),  # what was typed outlives an update
        ("press", ("view", "o:check-in:12")),
        ("closed", None),
        ("mention", "<@UBOTT1> help"),
        ("message", ("message_changed", None)),
        ("gone", None),
        ("revoked", None),
    ]
    assert [shown(line) for line in slack.conversation("T1", "U1")] == [
        ("UBOTT1", "Heard.", True),
        ("U1", "I waited", False),
        ("UBOTT1", "Opened.", False),
    ]
    assert slack.refused == []


def shown(line: Line) -> tuple[str, str, bool]:
    return line.author, line.text, bool(line.only_for)


async def test_an_organisation_and_a_visitor_are_told_apart() -> None:
    heard: list[tuple[str, Any]] = []
    async with running_slack() as slack:
        slack.add_workspace("T1", "One", enterprise="E1")
        slack.add_workspace("", enterprise="E1", token="xoxb-1")
        slack.add_workspace("T9", "Elsewhere")
        slack.add_person("T1", "U1")
        slack.add_person("T9", "U9")
        slack.add_channel("T1", "C1", "staff", ["U1", "U9"], shared=True)
        async with over_http(slack, bolt(slack, heard)):
            await slack.command("T1", "U1", "help")
            await slack.command("T1", "U9", "help", channel="C1")
            client = AsyncWebClient("xoxb-1", base_url=slack.api_url)
            [told] = (await client.conversations_members(channel="C1", limit=9))["members"][2:]
            assert told == "U9"
            await client.chat_postMessage(channel="U1", text="Hello")
            await slack.uninstall("T1", tokens_first=True)
            with pytest.raises(SlackApiError, match="account_inactive"):
                await client.auth_test()

    assert heard[-2:] == [("revoked", None), ("gone", None)]
    assert [each for name, each in heard if name == "authorize"] == [("E1", "T1"), ("E1", "T1")]
    assert slack.wire.sent[0].payload["is_enterprise_install"] == "true"
    assert [line.text for line in slack.conversation("T1", "U1")] == ["Heard.", "Hello"]


async def test_without_a_connection_or_a_scope_nothing_is_sent() -> None:
    async with running_slack() as slack:
        slack.add_workspace("T1", token="xoxb-1", scopes="chat:write")
        slack.add_person("T1", "U1")
        with pytest.raises(NotSent, match="im:history"):
            await slack.say("T1", "U1", "hello")
        with pytest.raises(NotSent, match="no app is connected"):
            await slack.command("T1", "U1", "help")
