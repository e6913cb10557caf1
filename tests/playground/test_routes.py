import json
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, FormData

from adapters.playground import app
from adapters.playground.files import PlaygroundDirectory
from bot.errors import UserError
from bot.events import Command, FileKind, Opened, Said, Submitted
from bot.prompts import Voice
from tests.platforms import anything
from tests.playground.conftest import ELIN, TAMA, Playground
from tests.playground.script import NOW

# --- the page -------------------------------------------------------------------------------------------------------


async def test_the_page_has_every_sentence_and_asks_nobody_else(playground: Playground, voice: Voice) -> None:
    answer = await playground.client.get("/")
    page = await answer.text()

    assert answer.status == 200
    assert "{{" not in page
    assert voice.text("play.compose-hint") in page
    assert "://" not in page
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("name", "kind"), [("page.js", "text/javascript"), ("page.css", "text/css")])
async def test_its_script_and_style_ask_nobody_else(playground: Playground, name: str, kind: str) -> None:
    answer = await playground.client.get(f"/static/{name}")

    assert answer.content_type == kind
    assert "://" not in await answer.text()


@pytest.mark.parametrize(
    "path", ["/static/index.html", "/static/../app.py", "/static/page.js.map", "/static/"]
)
async def test_no_other_file_is_served(playground: Playground, path: str) -> None:
    assert (await playground.client.get(path)).status == 404


def test_every_sentence_of_the_page_is_used(voice: Voice) -> None:
    page = Path(app.__file__).parent / "page"
    used = (page / "index.html").read_text() + (page / "page.js").read_text()
    elsewhere = {
        "partnership",
        "goal",
        "garbage",
        "only-here",
        "unknown-person",
        "import-too-large",
        "import-faults",
        "begin",
    }

    named = [
        key for key in voice.keys("play") if not any(sign + key in used for sign in ('"', "{{ ", "words."))
    ]

    assert set(named) <= elsewhere


# --- who may ask ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:3979", "127.0.0.1.evil.example", "10.0.0.7", ""]
)
@pytest.mark.parametrize(
    "path", ["/", "/static/page.js", "/events", "/api/people", f"/api/lines?person={ELIN}"]
)
async def test_another_name_for_this_machine_is_turned_away(
    playground: Playground, host: str, path: str
) -> None:
    answer = await playground.client.get(path, headers={"Host": host})

    assert answer.status in (400, 403)
    assert "Elin" not in await answer.text()


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost", "localhost:3979", "[::1]:3979"])
async def test_every_name_of_loopback_is_welcome(playground: Playground, host: str) -> None:
    assert (await playground.client.get("/api/people", headers={"Host": host})).status == 200


@pytest.mark.parametrize(
    "origin", [None, "null", "http://evil.example", "https://127.0.0.1", "http://127.0.0.1:1"]
)
@pytest.mark.parametrize("path", ["say", "press", "submit", "travel", "import"])
async def test_another_sites_page_can_post_nothing(
    playground: Playground, origin: str | None, path: str
) -> None:
    body = {"id": "event-0001", "person": ELIN, "text": "hello", "by": "hour", "press": "c:help"}

    answer = await playground.client.post(
        f"/api/{path}", json=body, headers={"Origin": origin} if origin else {}
    )

    assert answer.status == 403
    assert playground.core.events == []


# --- saying ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("I waited four seconds.", Said("I waited four seconds.")),
        ("/start", Command("start")),
        ("/jpd start", Command("jpd start")),
        ("JPD start", Command("JPD start")),
        ("  /help  ", Command("help")),
        ("/", Command("")),
        ("jpdx", Said("jpdx")),
        ("a\r\nb", Said("a\nb")),
        ("a\x00b\ud83d", Said("ab\ufffd")),
    ],
)
async def test_typed_words_become_an_event(playground: Playground, text: str, what: object) -> None:
    answer = await playground.say(text)

    (event,) = playground.core.events
    assert answer.status == 200
    assert event.what == what
    assert (event.id, event.at) == ("event-0001", NOW)
    assert (event.sender.platform, event.sender.workspace, event.sender.user) == (
        "playground",
        "bryn-derw",
        "elin",
    )


async def test_what_is_said_and_answered_stands_in_the_conversation_of_that_person_only(
    playground: Playground,
) -> None:
    await playground.say("hello <b>you</b>")

    mine, answer = await playground.lines()
    assert (mine["author"], answer["author"]) == ("person", "bot")
    assert mine["html"] == '<p class="typed">hello &lt;b&gt;you&lt;/b&gt;</p>'
    assert "<blockquote>hello &lt;b&gt;you&lt;/b&gt;</blockquote>" in answer["html"]
    assert json.loads(answer["previews"]["slack"])["blocks"]
    assert json.loads(answer["previews"]["teams"])["type"] == "AdaptiveCard"
    assert mine["at"] == NOW.isoformat()
    assert await playground.lines(TAMA) == []


async def test_40000_characters_are_no_problem(playground: Playground) -> None:
    answer = await playground.say("é" * 40_000)

    assert answer.status == 200
    assert playground.core.events[0].what == Said("é" * 40_000)


async def test_a_double_click_happens_once(playground: Playground) -> None:
    for _ in range(2):
        answer = await playground.say("hello", id="the-same-id")
        assert answer.status == 200

    assert len(playground.core.events) == 1
    assert len(await playground.lines()) == 2


async def test_somebody_who_is_played_is_left_alone_by_everybody_else(playground: Playground) -> None:
    await playground.say("hello")

    assert playground.scene.played == ["elin"]


@pytest.mark.parametrize("path", ["say", "press", "submit"])
async def test_an_unknown_person_is_a_sentence(playground: Playground, voice: Voice, path: str) -> None:
    posted: dict[str, Any] = {"text": "hello", "press": "c:help", "form": "f", "context": "", "values": {}}
    answer = await playground.post(f"/api/{path}", **{**posted, "person": "bryn-derw/nobody"})

    assert (answer.status, await answer.json()) == (404, {"error": voice.text("play.unknown-person")})
    assert playground.core.events == []


@pytest.mark.parametrize("text", anything.HOSTILE)
async def test_hostile_words_are_only_words(playground: Playground, text: str) -> None:
    assert (await playground.say(text)).status == 200

    for line in await playground.lines():
        assert "<script" not in line["html"]
        assert "<img" not in line["html"]


# --- garbage --------------------------------------------------------------------------------------------------------

GARBAGE = (
    b"",
    b"{",
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"id": 1, "person": 2, "text": 3}',
    b'{"person": "bryn-derw/elin", "text": "no id"}',
    b'{"id": "short", "person": "bryn-derw/elin", "text": "x"}',
    b'{"id": "with spaces in it", "person": "bryn-derw/elin", "text": "x"}',
    b'{"id": "event-0001", "text": "x"}',
    b'{"id": "event-0001", "person": "bryn-derw/elin", "text": ["x"], "press": {}, "by": []}',
    b'{"id": "event-0001", "person": "bryn-derw/elin", "text": null, "press": "x:y", "form": 1, "by": "year"}',
    b'{"id": "event-0001", "person": "bryn-derw/elin", "form": "f", "context": "", "values": [1], "by": null}',
    b'{"id": "event-0001", "person": "bryn-derw/elin", "form": "f", "context": "", "values": {"a": {"b": 1}}}',
    b'{"id": "event-0001", "person": "bryn-derw/elin", "text": "x", "press": "c:x", "line": "1"}',
)


@pytest.mark.parametrize("body", GARBAGE)
@pytest.mark.parametrize("path", ["say", "press", "submit", "travel"])
async def test_garbage_is_refused_with_a_sentence(
    playground: Playground, voice: Voice, path: str, body: bytes
) -> None:
    answer = await playground.client.post(f"/api/{path}", data=body, headers={"Origin": playground.origin})

    assert answer.status in (400, 404)
    assert (await answer.json())["error"] in (voice.text("play.garbage"), voice.text("play.unknown-person"))
    assert playground.core.events == []


async def test_a_body_over_a_mebibyte_is_refused(playground: Playground, voice: Voice) -> None:
    body = BytesIO(b'{"text": "' + b"x" * 1024 * 1024 + b'"}')
    answer = await playground.client.post("/api/say", data=body, headers={"Origin": playground.origin})

    assert (answer.status, await answer.json()) == (413, {"error": voice.text("web.too-large")})


async def test_a_fault_of_the_core_is_an_apology_and_the_words_stay_in_the_page(
    playground: Playground, voice: Voice
) -> None:
    answer = await playground.say("/break")

    assert (answer.status, await answer.json()) == (500, {"error": voice.text("web.unexpected")})
    assert await playground.lines() == []


# --- buttons and forms ----------------------------------------------------------------------------------------------


async def test_a_press_replaces_the_message_it_was_in(playground: Playground) -> None:
    await playground.say("/ask")
    _, ask = await playground.lines()

    await playground.post("/api/press", press="c:skip 12", line=ask["id"])

    _, now = await playground.lines()
    assert playground.core.events[-1].what == Command("skip 12")
    assert (now["id"], now["replaced"]) == (ask["id"], True)
    assert "Skipped, and that is fine." in now["html"]


async def test_nobody_can_replace_a_line_of_somebody_else(playground: Playground) -> None:
    await playground.say("/ask", person=TAMA)
    _, ask = await playground.lines(TAMA)

    await playground.post("/api/press", press="c:skip 12", line=ask["id"])

    assert (await playground.lines(TAMA))[1] == ask
    (mine,) = await playground.lines()
    assert "Skipped" in mine["html"]


async def opened(answer: ClientResponse) -> str:
    found: str = (await answer.json())["open"]["html"]
    return found


async def test_a_form_opens_with_what_stands_in_it(playground: Playground) -> None:
    answer = await playground.post("/api/press", press="o:everything:7")

    html = await opened(answer)
    assert playground.core.events[-1].what == Opened("everything", "7")
    assert '<textarea rows="3" id="field-what" name="what" required' in html
    assert "Counted to four</textarea>" in html
    assert 'name="sure" value="4" checked>' in html
    assert 'value="8b" checked>' in html
    assert 'type="date" value="2026-11-20"' in html
    assert await playground.lines() == []


async def test_a_form_with_a_fault_comes_back_with_it_and_keeps_what_was_typed(
    playground: Playground,
) -> None:
    answer = await playground.post(
        "/api/submit",
        form="everything",
        context="7",
        values={"what": " ", "name": "My <i>way</i>", "with": ["8b", "9a"]},
    )

    html = (await answer.json())["errors"]["html"]
    assert playground.core.events[-1].what == Submitted(
        "everything", "7", {"what": " ", "name": "My <i>way</i>", "with": "8b;9a"}
    )
    assert 'aria-describedby="field-what-hint field-what-error" aria-invalid="true"' in html
    assert 'id="field-what-error">Please write a word or two' in html
    assert 'value="My &lt;i&gt;way&lt;/i&gt;"' in html
    assert 'value="9a" checked' in html


async def test_a_sent_form_takes_the_place_of_its_message(playground: Playground) -> None:
    await playground.say("/ask")
    _, ask = await playground.lines()

    answer = await playground.post(
        "/api/submit", form="check-in", context="12", values={"what": "I waited"}, line=ask["id"]
    )

    assert await answer.json() == {}
    _, now = await playground.lines()
    assert now["id"] == ask["id"]
    assert "<blockquote>I waited</blockquote>" in now["html"]


# --- time and people ------------------------------------------------------------------------------------------------


async def test_time_moves_on(playground: Playground) -> None:
    answer = await playground.post("/api/travel", by="week")

    assert await answer.json() == {"now": (NOW + timedelta(weeks=1)).isoformat()}
    people = await (await playground.client.get("/api/people")).json()
    assert people["now"] == (NOW + timedelta(weeks=1)).isoformat()


async def test_people_are_listed_with_their_school_and_its_time(playground: Playground) -> None:
    found = await (await playground.client.get("/api/people")).json()

    assert len(found["people"]) == 6
    assert found["people"][3] == {
        "id": TAMA,
        "name": "Tama Rewi",
        "roles": "Teacher",
        "school": "Te Awa School",
        "zone": "Pacific/Auckland",
        "group": "Begin with these",
    }


async def test_a_page_hears_of_what_is_new_until_the_playground_stops(playground: Playground) -> None:
    async with playground.client.get("/events") as stream:
        await playground.say("hello", person=TAMA)
        told = [json.loads((await anext_data(stream))[6:]) for _ in range(2)]
        await playground.post("/api/travel", by="hour")
        clock = json.loads((await anext_data(stream))[6:])
        await playground.messenger.close()

        assert (await stream.content.read()).strip() == b""

    assert told == [{"person": TAMA, "is_news": False}] * 2
    assert clock == {"person": "", "is_news": False}


async def anext_data(stream: ClientResponse) -> str:
    while not (line := await stream.content.readline()).startswith(b"data: "):
        assert line, "the stream ended"
    return line.decode()


# --- rosters --------------------------------------------------------------------------------------------------------


async def upload(
    playground: Playground, content: bytes, name: str = "staff.csv", dry_run: str = "yes"
) -> ClientResponse:
    form = FormData(quote_fields=False)  # browsers don't
    form.add_field("dry_run", dry_run)
    form.add_field("file", BytesIO(content), filename=name)
    return await playground.client.post("/api/import", data=form, headers={"Origin": playground.origin})


@pytest.mark.parametrize(("dry_run", "kept"), [("yes", True), ("no", False)])
async def test_a_roster_is_tried_or_imported(playground: Playground, dry_run: str, kept: bool) -> None:
    answer = await upload(playground, b"name\nAnn Lee\n", dry_run=dry_run)

    assert await answer.json() == {"lines": ["Ann Lee is added.", "1 person is added."]}
    assert playground.scene.imported == [("staff.csv", b"name\nAnn Lee\n", kept)]


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("C:\\staff.csv", "staff.csv"), (".hidden", "hidden"), ("..", "roster")],
)
async def test_a_file_is_kept_under_a_harmless_name(playground: Playground, name: str, kept: str) -> None:
    await upload(playground, b"x", name=name)

    assert [each[0] for each in playground.scene.imported] == [kept]


async def test_faults_of_a_roster_are_said_line_by_line(playground: Playground, voice: Voice) -> None:
    answer = await upload(playground, b"broken")

    found = await answer.json()
    assert answer.status == 422
    assert found["error"] == voice.text("play.import-faults")
    assert found["lines"][0].startswith("staff.csv, ")


async def test_no_file_is_a_sentence(playground: Playground, voice: Voice) -> None:
    form = FormData()
    form.add_field("dry_run", "yes", content_type="text/plain")
    answer = await playground.client.post("/api/import", data=form, headers={"Origin": playground.origin})

    assert answer.status == 400


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"--x\r\ngarbage", b"--x--\r\n"])
async def test_a_broken_upload_is_refused(playground: Playground, kind: str, body: bytes) -> None:
    headers = {"Origin": playground.origin, "Content-Type": kind}
    for path in ("/api/import", "/api/file"):
        answer = await playground.client.post(path, data=body, headers=headers)
        assert answer.status == 400
    assert playground.scene.imported == []
    assert playground.core.events == []


async def test_a_file_may_be_larger_than_a_message(
    playground: Playground, voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "LARGEST_FILE", 3 * 1024 * 1024)

    fits, too_large = (
        await upload(playground, b"x" * 3 * 1024 * 1024),
        await upload(playground, b"x" * 4 * 1024 * 1024),
    )

    assert fits.status == 200
    assert (too_large.status, await too_large.json()) == (413, {"error": voice.text("play.import-too-large")})


async def test_a_file_reaches_the_core_with_the_words_beside_it(playground: Playground) -> None:
    form = FormData(quote_fields=False)
    for name, value in {"id": "event-0001", "person": ELIN, "text": "Our list"}.items():
        form.add_field(name, value, content_type="text/plain")
    form.add_field("file", BytesIO(b"name\nAnn"), filename="../staff.csv")
    answer = await playground.client.post("/api/file", data=form, headers={"Origin": playground.origin})

    assert answer.status == 200
    [event] = playground.core.events
    assert isinstance(event.what, Said)
    [file] = event.what.files
    assert (event.what.text, file.kind, file.name) == ("Our list", FileKind.FILE, "staff.csv")
    directory = PlaygroundDirectory()
    assert await directory.download(event.sender, file, 8) == b"name\nAnn"
    with pytest.raises(UserError):
        await directory.download(event.sender, file, 7)
    assert "staff.csv" in (await playground.lines())[0]["html"]
