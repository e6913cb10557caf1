"""The status of the answer to each kind of request, over HTTP."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import pytest

from adapters.teams.cloud import Registration
from bot.events import Said
from bot.message import Message
from bot.prompts import Prompts
from tests.platforms.slack.mishaps import DroppedBefore, Status
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import Answer
from tests.platforms.teams.stage import Stage, logs, on_stage, registration
from tests.platforms.teams.world import ISSUER, Gate, SigningKey, claims


def now() -> int:
    """Return the real time, by which tokens are checked."""
    return int(time.time())  # noqa: TID251  # Microsoft is the outside world here


async def post(stage: Stage, header: str | None, **changes: Any) -> Answer:
    """Post a message of Elin's with that `Authorization`."""
    body = json.dumps(stage.people.activity("Elin", **changes)).encode()
    return await stage.people.raw(body, {} if header is None else {"Authorization": header})


def bearer(stage: Stage, **changes: Any) -> str:
    return f"Bearer {stage.people.token(**changes)}"


def unsigned(stage: Stage) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    said = claims(stage.microsoft.service_url)
    return f"Bearer {part({'alg': 'none', 'typ': 'JWT', 'kid': 'key-1'})}.{part(said)}."


def by_secret(stage: Stage) -> str:
    import jwt

    said = claims(stage.microsoft.service_url)
    return "Bearer " + jwt.encode(said, "x" * 32, algorithm="HS256", headers={"kid": "key-1"})


async def test_a_good_token_is_let_in_and_the_words_arrive(stage: Stage) -> None:
    answer = await stage.people.say("Elin", "I waited longer.")

    assert (answer.status, answer.body) == (200, "")
    [event] = stage.heard
    assert event.what == Said("I waited longer.")
    assert (event.sender.platform, event.sender.workspace, event.sender.user) == (
        "teams",
        "tenant-1",
        "aad-Elin",
    )


async def test_who_is_not_proved_is_not_heard(stage: Stage) -> None:
    stranger = SigningKey("key-1", 2)
    service = stage.microsoft.service_url
    good = stage.people.token()
    headers = {
        "nothing": None,
        "empty": "",
        "basic": "Basic ZWxpbjpzZWNyZXQ=",
        "no token": "Bearer ",
        "other scheme": f"Token {good}",
        "lower case": f"bearer {good}",
        "two": f"Bearer {good} {good}",
        "garbage": "Bearer garbage",
        "three parts of garbage": "Bearer a.b.c",
        "very long": f"Bearer {good}{'x' * 6_000}",
        "wrong audience": bearer(stage, aud="another-app"),
        "no audience": bearer(stage, aud=None),
        "several audiences": bearer(stage, aud=["another-app"]),
        "wrong issuer": bearer(stage, iss="https://api.botframework.us"),
        "no issuer": bearer(stage, iss=None),
        "emulator": bearer(
            stage, iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/", ver="1.0"
        ),
        "wrong serviceurl": bearer(stage, serviceurl="https://evil.example/"),
        "no serviceurl": bearer(stage, serviceurl=None),
        "expired an hour ago": bearer(stage, exp=now() - 3_600),
        "not before an hour": bearer(stage, nbf=now() + 3_600),
        "no exp": bearer(stage, exp=None),
        "bad signature": f"Bearer {stranger.sign(claims(service))}",
        "cut": f"Bearer {good[:-8]}",
        "unknown kid": f"Bearer {SigningKey('key-9', 1).sign(claims(service))}",
        "no kid": f"Bearer {SigningKey('', 1).sign(claims(service))}",
        "alg none": unsigned(stage),
        "HS256": by_secret(stage),
    }

    with logs():
        answers = {name: (await post(stage, header)).status for name, header in headers.items()}

    assert answers == dict.fromkeys(headers, 401)
    assert stage.heard == []
    assert stage.microsoft.world.count("send") == 0


async def test_an_issuer_of_others_makes_us_fetch_nothing(stage: Stage) -> None:
    await post(stage, bearer(stage, iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"))

    assert stage.microsoft.world.calls == []


@pytest.mark.parametrize("endorsements", [("webchat",), ()])
async def test_a_key_that_is_not_endorsed_for_teams_is_none(
    stage: Stage, endorsements: tuple[str, ...]
) -> None:
    stage.microsoft.world.keys = [SigningKey("key-1", 1, endorsements)]

    assert (await post(stage, bearer(stage))).status == 401
    assert stage.heard == []


async def test_five_minutes_of_leeway(stage: Stage) -> None:
    assert (await post(stage, bearer(stage, exp=now() - 240))).status == 200
    assert (await post(stage, bearer(stage, nbf=now() + 240))).status == 200


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"[" * 5_000,
        b'{"type": "message"}',
        b'{"type": "message", "channelId": "msteams", "serviceUrl": "https://x", "conversation": "a"}',
        b'{"type": "message", "channelId": "msteams", "serviceUrl": "https://x", "conversation": {}}',
        b'{"type": 7, "channelId": "msteams", "serviceUrl": "https://x", "conversation": {"id": "a"}}',
        b'{"type": "message", "channelId": "msteams", "conversation": {"id": "a"}}',
        b'{"type": "message", "channelId": "webchat", "serviceUrl": "https://x", "conversation": {"id": "a"}}',
    ],
)
async def test_what_makes_no_sense_is_refused(stage: Stage, body: bytes) -> None:
    answer = await stage.people.raw(body, {"Authorization": bearer(stage)})

    assert answer.status == 400
    assert stage.heard == []


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"action": "press"},
        {
            "action": {
                "type": "Action.Submit",
                "verb": "press",
                "data": {"jpd": {"verb": "press", "press": "c:help"}},
            }
        },
        {"action": {"type": "Action.Execute", "data": {"jpd": {"verb": "press", "press": "c:help"}}}},
        {"action": {"type": "Action.Execute", "verb": "press"}},
        {"action": {"type": "Action.Execute", "verb": "press", "data": {}}},
        {"action": {"type": "Action.Execute", "verb": "press", "data": {"jpd": {"verb": "other"}}}},
        {"action": {"type": "Action.Execute", "verb": "submit", "data": {"jpd": {"verb": "submit"}}}},
        {
            "action": {
                "type": "Action.Execute",
                "verb": "submit",
                "data": {"jpd": {"verb": "submit", "form": "f", "context": ""}, "what": {"a": "b"}},
            }
        },
    ],
)
async def test_a_malformed_execute_is_refused(stage: Stage, value: Any) -> None:
    assert (await stage.people.invoke("Elin", "adaptiveCard/action", value)).status == 400
    assert stage.heard == []


async def test_nobody_is_nobody(stage: Stage) -> None:
    header = bearer(stage)

    assert (await post(stage, header, **{"from": {}})).status == 400
    assert (await post(stage, header, **{"from": None})).status == 400
    assert (await post(stage, header, channelData={}, conversation={"id": "a"})).status == 400
    assert (await post(stage, header, id=None)).status == 400
    assert stage.heard == []


async def test_the_other_rows(stage: Stage) -> None:
    people, header = stage.people, {"Authorization": bearer(stage)}
    body = json.dumps(people.activity("Elin")).encode()

    assert (await people.raw(body, {**header, "Content-Type": ""})).status == 415
    assert (await people.raw(body, {**header, "Content-Type": "text/plain"})).status == 415
    assert (await people.raw(b"", header, method="GET")).status == 405
    assert (await people.raw(b" " * (1024 * 1024 + 1), header)).status == 413
    for name in ("composeExtension/query", "signin/verifyState", "", "adaptiveCard/other"):
        assert (await people.invoke("Elin", name, {})).status == 501
    assert stage.heard == []


async def test_what_needs_no_answer_is_taken_and_left_alone(stage: Stage) -> None:
    people = stage.people
    await people.say("Elin", "hello")
    stage.heard.clear()

    assert (await people.react("Elin")).status == 200
    assert (await people.upgrade("Elin")).status == 200
    for kind in (
        "typing",
        "event",
        "endOfConversation",
        "messageUpdate",
        "messageDelete",
        "conversationUpdate",
    ):
        assert (await post(stage, bearer(stage), type=kind)).status == 200
    assert stage.heard == []


async def test_after_microsoft_changes_a_key_traffic_goes_on(stage: Stage) -> None:
    people, world = stage.people, stage.microsoft.world
    await people.say("Elin", "one")
    world.keys = [SigningKey("key-2", 2)]

    assert (await people.say("Elin", "two")).status == 401  # fetched a moment ago
    stage.clock.seconds += 301
    assert (await people.say("Elin", "three")).status == 200
    for number in range(10):
        assert (
            await post(
                stage, f"Bearer {SigningKey(f'no-{number}', 1).sign(claims(stage.microsoft.service_url))}"
            )
        ).status == 401

    assert world.count("keys") == 2
    assert [event.what for event in stage.heard] == [Said("one"), Said("three")]


async def test_old_keys_are_looked_at_again_after_a_day_and_kept_while_microsoft_is_silent(
    stage: Stage,
) -> None:
    people, world = stage.people, stage.microsoft.world
    await people.say("Elin", "one")
    stage.microsoft.fail("openid", *[Status(503)] * 2)
    stage.clock.seconds += 24 * 3_600

    assert (await people.say("Elin", "two")).status == 200
    stage.clock.seconds += 10
    assert (await people.say("Elin", "three")).status == 200
    stage.clock.seconds += 10
    assert (await people.say("Elin", "four")).status == 200
    assert world.count("openid") == 4


@pytest.mark.parametrize("what", ["openid", "keys"])
async def test_without_keys_the_channel_is_asked_to_try_again(stage: Stage, what: str) -> None:
    stage.microsoft.fail(what, Status(500), Status(503), Status(404))

    for _ in range(3):
        assert (await stage.people.say("Elin", "hello")).status == 500
        assert (await stage.people.again()).status == 500  # nobody is asked again at once
        stage.clock.seconds += 6
    assert stage.heard == []
    assert (await stage.people.again()).status == 200
    assert len(stage.heard) == 1


async def test_an_unknown_key_while_microsoft_is_silent_is_asked_to_come_again(stage: Stage) -> None:
    await stage.people.say("Elin", "one")
    stage.microsoft.world.keys = [SigningKey("key-2", 2)]
    stage.microsoft.fail("openid", Status(503))
    stage.clock.seconds += 301

    assert (await stage.people.say("Elin", "two")).status == 500
    stage.clock.seconds += 6
    assert (await stage.people.again()).status == 200


@pytest.mark.parametrize("what", ["discovery", "token"])
async def test_where_entra_is_silent_nothing_is_begun(stage: Stage, what: str) -> None:
    stage.microsoft.fail(what, DroppedBefore())
    stage.reply = Message("Kept.")

    with logs():
        refused = await stage.people.say("Elin", "hello")
    again = await stage.people.again()

    assert (refused.status, again.status) == (500, 200)
    assert len(stage.heard) == 1
    assert [line.summary for line in stage.microsoft.world.posted] == ["Kept."]


async def test_twenty_turns_make_one_token_request(stage: Stage) -> None:
    stage.reply = Message("Kept.")

    for number in range(20):
        await stage.people.say("Elin", f"{number}")
        stage.clock.seconds += 61

    assert stage.microsoft.world.count("send") == 20
    assert stage.microsoft.world.count("token") == 1
    assert stage.microsoft.world.count("keys") == 1


async def test_many_at_once_make_one_token_request_and_one_fetch(stage: Stage) -> None:
    stage.reply = Message("Kept.")
    for number in range(12):
        stage.people.add(f"T{number}", "tenant-1", installed=True)

    await asyncio.gather(*(stage.people.say(f"T{number}", "hello") for number in range(12)))

    assert stage.microsoft.world.count("send") == 12
    assert (stage.microsoft.world.count("token"), stage.microsoft.world.count("keys")) == (1, 1)


@pytest.mark.parametrize("what", ["openid", "keys", "discovery", "token"])
async def test_a_slow_microsoft_holds_up_nobody_else(stage: Stage, what: str) -> None:
    gate = stage.microsoft.world.gates[what] = Gate()

    slow = asyncio.create_task(stage.people.say("Elin", "hello"))
    await asyncio.to_thread(gate.reached.wait, 30)
    gate.open()  # by the same loop, which could not do it if it waited too
    answer = await slow

    assert answer.status == 200
    assert not gate.opened_by_itself, "the loop waited with it"


async def test_a_wrong_secret_is_not_tried_for_ever(microsoft: Any, prompts: Any) -> None:
    known = registration(microsoft, password="wrong")
    async with on_stage(microsoft, prompts, known=known) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        with logs() as found:
            assert (await stage.people.say("Elin", "hello")).status == 500

    assert stage.heard == []
    assert "wrong" not in str([each for each in found if "sign-in" in str(each)]).replace("wrongly", "")


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example/", "ftp://x/", "nonsense", "https//x", "https://evil.example/",
        "https://[::1", "https://smba.trafficmanager.net:99999999/", "https://smba.trafficmanager.net:8443/",
        "https://evil@smba.trafficmanager.net/", "https://smba.trafficmanager.net.evil.example/",
        "https://evil.trafficmanager.net/", "http://smba.trafficmanager.net/", "https://smba.trafficmanager.net/?x=1",
        "https://smba.trafficmanager.net\\@evil.example/", "https://",
    ],
)  # fmt: skip
async def test_only_a_secure_service_is_written_to(stage: Stage, url: str) -> None:
    assert (await post(stage, bearer(stage, serviceurl=url), serviceUrl=url)).status == 400
    assert stage.heard == []


async def test_a_sovereign_cloud_signs_with_its_own_name() -> None:
    from adapters.teams.cloud import SERVICE_HOSTS, Registration

    world = Registration("a", "b", "c")
    government = Registration(
        "a", "b", "c", "https://login.botframework.azure.us/v1/.well-known/openidconfiguration"
    )

    assert (world.issuer, government.issuer) == (ISSUER, "https://api.botframework.us")
    assert world.may_serve("https://smba.trafficmanager.net/emea/")
    for host in SERVICE_HOSTS:
        assert world.may_serve(f"https://{host}/emea/")
    assert world.may_serve("https://SMBA.trafficmanager.net:443/teams")
    assert not world.may_serve("http://127.0.0.1:3978/")


async def test_without_an_app_id_only_this_machine_is_believed_and_written_to(
    microsoft: Any, prompts: Any
) -> None:
    async with on_stage(microsoft, prompts, known=registration(microsoft, app_id="")) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        taken = await post(stage, None)
        refused = await post(stage, None, serviceUrl="https://evil.example/")

    assert (taken.status, refused.status) == (200, 400)
    assert len(stage.heard) == 1
    assert microsoft.world.calls == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "jpd.example.org"},
        {"Host": "127.0.0.1.example.org"},
        {"Host": "192.168.1.20:3978"},
        {"X-Forwarded-For": "203.0.113.9"},
        {"x-forwarded-host": "jpd.example.org"},
        {"Forwarded": "for=203.0.113.9"},
        {"Via": "1.1 tunnel"},
    ],
    ids=str,
)
async def test_an_anonymous_bot_hears_only_this_machine(
    microsoft: FakeMicrosoft, prompts: Prompts, headers: dict[str, str]
) -> None:
    async with on_stage(microsoft, prompts, known=Registration()) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        body = json.dumps(stage.people.activity("Elin", text="hello")).encode()

        there = await stage.people.raw(body, headers)
        here = await stage.people.raw(body, {})

    assert there.status == 403
    assert here.status == 200
    assert len(stage.heard) == 1
