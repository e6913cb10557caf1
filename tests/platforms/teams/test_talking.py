"""People's actions in Teams and the places of the answers, over HTTP, with a core of set replies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from adapters.teams.inbound import DOWNLOAD
from bot.events import Command, Deleted, Edited, Event, FileKind, Joined, Left, Opened, Said, Submitted
from bot.message import (
    Button,
    Buttons,
    FieldErrors,
    File,
    Form,
    Input,
    Inputs,
    Message,
    Quote,
    Replacement,
    Reply,
    Text,
)
from bot.model import Kind, Option, Question
from bot.prompts import Prompts
from tests.platforms.anything import HOSTILE
from tests.platforms.slack.mishaps import DroppedBefore, Mishap, RateLimited, Status
from tests.platforms.teams import reading
from tests.platforms.teams.fake import FakeMicrosoft
from tests.platforms.teams.people import NotSent, buttons, inputs
from tests.platforms.teams.stage import Stage, logs, on_stage
from tests.platforms.teams.world import BOT

WHAT = Question(key="what", kind=Kind.LONG, label="What happened?", hint="No names.", needed=True, limit=500)
WITH = Question(
    key="with", kind=Kind.MANY, label="With whom?", options=(Option("8b", "8b"), Option("9a", "9a"))
)
SURE = Question(key="sure", kind=Kind.SCALE, label="How sure?")
FORM = Form(
    name="check-in", context="12", title="This week", inputs=(Input(WHAT), Input(WITH)), submit="Send to Tama"
)
LATER = Button("In an hour", Command("later 12"))
ASK = Message("A question.", (Text("Only **Tama** sees this."), Inputs(FORM, "Answer now", (LATER,))))
LONG = replace(
    FORM, name="profile", context="", inputs=tuple(Input(replace(SURE, key=f"q{n}")) for n in range(5))
)
GIPHY = '<p>ha</p><img alt="wow" itemtype="http://schema.skype.com/Giphy" src="https://x.example/1">'
SENT = Message("Sent to Tama.", (Text("Sent to Tama."),))


def ways(*more: Button) -> Message:
    return Message("Ways on.", (Text("Ways on."), Buttons(more)))


@pytest.fixture(autouse=True)
def nothing_that_teams_would_refuse(microsoft: FakeMicrosoft):  # type: ignore[no-untyped-def]
    yield
    assert microsoft.world.faults == []


async def ask(stage: Stage, reply: Reply = ASK) -> None:
    """Send a reply to Elin's chat."""
    stage.reply = reply
    await stage.people.say("Elin", "hello")
    stage.heard.clear()


def newest(stage: Stage) -> Message:
    return reading.line(stage.microsoft.world.seen("Elin")[-1])


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [*HOSTILE, "a < b & c", "two\nlines", "jpd status", "/status", "ünïcödé 👩‍👩‍👧‍👦"]
)
async def test_words_arrive_as_they_were_typed(stage: Stage, words: str) -> None:
    await stage.people.say("Elin", words)

    assert [event.what for event in stage.heard] == [Said(words.strip())]


async def test_a_mention_of_the_bot_is_no_word_and_one_of_somebody_is_their_name(stage: Stage) -> None:
    entities = [
        {"type": "mention", "mentioned": {"id": BOT}, "text": "<at>JPD</at>"},
        {"type": "mention", "mentioned": {"id": "29:t", "name": "Tama Rewi"}, "text": "<at>Tama</at>"},
        {"type": "clientInfo", "locale": "en-GB"},
        "nonsense",
    ]

    await stage.people.say("Elin", "<at>JPD</at>&nbsp; ask <at>Tama</at> <at>Jo</at>", entities=entities)

    assert stage.heard[0].what == Said("ask Tama Rewi <at>Jo</at>")


async def test_formatted_words_are_read_without_their_marks(stage: Stage) -> None:
    await stage.people.say("Elin", "<p>one &lt;b&gt;</p><p>two</p>", textFormat="xml")

    assert stage.heard[0].what == Said("one <b>\ntwo")


async def test_a_message_without_words_is_one_all_the_same(stage: Stage) -> None:
    await stage.people.say("Elin", "")

    assert stage.heard[0].what == Said("")


@pytest.mark.parametrize(
    ("attachment", "kind"),
    [
        ({"contentType": "image/png", "contentUrl": "https://x.example/1"}, FileKind.PHOTO),
        ({"contentType": "image/gif"}, FileKind.STICKER),
        ({"contentType": "audio/mp4"}, FileKind.RECORDING),
        ({"contentType": "application/vnd.microsoft.card.audio"}, FileKind.RECORDING),
        ({"contentType": "video/mp4"}, FileKind.VIDEO),
        ({"contentType": DOWNLOAD, "name": "tour.mov", "content": {"fileType": "mov"}}, FileKind.VIDEO),
        ({"contentType": DOWNLOAD, "name": "ann.vcf"}, FileKind.CONTACT),
        ({"contentType": DOWNLOAD, "name": "staff.csv", "content": {"fileType": "csv"}}, FileKind.FILE),
        ({"contentType": "text/html", "content": GIPHY}, FileKind.STICKER),
        ({"contentType": "text/html", "content": "<p>Look at this</p>"}, None),  # the text itself
        ({"contentType": "application/vnd.microsoft.card.adaptive", "content": {}}, None),
    ],
)
async def test_a_file_that_comes_with_a_message_is_known_by_its_kind(
    stage: Stage, attachment: dict[str, Any], kind: FileKind | None
) -> None:
    await stage.people.say("Elin", "Look at this", attachments=[attachment, "nonsense"])

    [event] = stage.heard
    assert isinstance(event.what, Said)
    assert event.what.text == "Look at this"
    assert [each.kind for each in event.what.files] == ([kind] if kind else [])


async def test_each_edit_and_the_deletion_of_a_message_are_events_of_their_own(stage: Stage) -> None:
    await stage.people.say("Elin", "I waited longr")
    said = stage.people.sent[-1]
    for number, (kind, event, text) in enumerate(
        [
            ("messageUpdate", "editMessage", "I waited longer"),
            ("messageUpdate", "editMessage", "I waited"),
            ("messageDelete", "softDeleteMessage", ""),
            ("messageUpdate", "undeleteMessage", "I waited"),
        ]
    ):
        told = {**said, "type": kind, "text": text, "timestamp": f"2026-01-07T15:31:0{number}Z"}
        told["channelData"] = {**said["channelData"], "eventType": event}
        header = {"Authorization": f"Bearer {stage.people.token()}"}
        answer = await stage.people.raw(json.dumps(told).encode(), header)
        assert answer.status == 200

    message = said["id"]
    assert [event.what for event in stage.heard] == [
        Said("I waited longr"),
        Edited("I waited longer", message),
        Edited("I waited", message),
        Deleted(message),
    ]
    assert stage.heard[0].message == message
    assert len({event.id for event in stage.heard}) == 4


async def test_the_channels_own_retry_is_the_same_event(stage: Stage) -> None:
    await stage.people.say("Elin", "hello")
    await stage.people.again()

    assert len({event.id for event in stage.heard}) == 1
    stage.people.add("Tama", "tenant-1", installed=True)
    stage.people.sent[-1] |= {"from": {"id": "29:x", "aadObjectId": "aad-Tama"}}
    await stage.people.again()
    assert len({event.id for event in stage.heard}) == 2


async def test_the_answer_comes_to_the_chat(stage: Stage) -> None:
    stage.reply = Message("Kept.", (Quote("*I* waited <at>Tama</at>", "You"), Text("**Kept.**")))

    answer = await stage.people.say("Elin", "I waited")

    assert answer.body == ""
    assert newest(stage).elements == (Quote("*I* waited <at>Tama</at>", "You"), Text("**Kept.**"))
    assert stage.microsoft.world.seen("Elin")[-1].summary == "Kept."


@pytest.mark.parametrize("kind", ["channel", "groupChat"])
async def test_in_company_nothing_private_is_taken_or_shown(stage: Stage, kind: str) -> None:
    stage.reply = Message("Secret.")

    answer = await stage.people.mention("Elin", "19:company", "status", kind)

    assert answer.status == 200
    assert stage.heard == []
    [line] = [each for each in stage.microsoft.world.lines if each.chat == "19:company"]
    assert "our own chat" in reading.shown(line.card)
    assert stage.microsoft.world.seen("Elin") == []


# --- coming and going -------------------------------------------------------------------------------------------------


async def test_installing_and_uninstalling_is_heard_once_each(stage: Stage) -> None:
    await stage.people.install("Elin")
    await stage.people.uninstall("Elin")

    assert [event.what for event in stage.heard] == [Joined(), Left()]
    assert stage.heard[0].sender.route


# --- cards ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("old", [False, True], ids=["Execute", "Submit"])
async def test_a_form_is_filled_in_where_it_stands_and_replaced(stage: Stage, old: bool) -> None:
    stage.people.old_clients = {"Elin"} if old else set()
    await ask(stage)
    stage.reply = Replacement(SENT)

    await stage.people.submit("Elin", {"what": "I waited, and waited", "with": "8b;9a"})

    values = {"what": "I waited, and waited", "with": "8b;9a"}
    assert [event.what for event in stage.heard] == [Submitted("check-in", "12", values)]
    [line] = stage.microsoft.world.seen("Elin")[1:]
    assert (line.edited, line.summary) == (1, "Sent to Tama.")
    assert reading.line(line).elements == SENT.elements


@pytest.mark.parametrize("old", [False, True], ids=["Execute", "Submit"])
async def test_what_is_wrong_stands_in_the_card_and_what_was_typed_stays(stage: Stage, old: bool) -> None:
    stage.people.old_clients = {"Elin"} if old else set()
    await ask(stage)
    wrong = replace(FORM, inputs=(Input(WHAT, "pupil Sam", "No names, please."), Input(WITH, "8b")))
    stage.reply = FieldErrors(wrong)

    await stage.people.submit("Elin", {"what": "pupil Sam", "with": "8b"})

    [line] = stage.microsoft.world.seen("Elin")[1:]
    form = reading.form(line.card or {})
    assert form is not None
    assert [(each.value, each.error) for each in form.inputs] == [
        ("pupil Sam", "No names, please."),
        ("8b", ""),
    ]
    assert "No names, please." in reading.shown(line.card)
    stage.reply = Replacement(SENT)
    await stage.people.submit("Elin", {"what": "a pupil"})
    assert stage.heard[-1].what == Submitted("check-in", "12", {"what": "a pupil", "with": "8b"})
    assert newest(stage).elements == SENT.elements


async def test_teams_itself_asks_for_what_is_needed_and_lets_everybody_past(stage: Stage) -> None:
    await ask(stage)
    needed, free = inputs(stage.microsoft.world.seen("Elin")[-1].card)
    assert (needed["errorMessage"], "errorMessage" in free) == (
        "Please fill this in. The rest is kept.",
        False,
    )

    with pytest.raises(NotSent, match="what is needed"):
        await stage.people.submit("Elin", {"with": "8b"})
    await stage.people.press("Elin", "In an hour")

    assert [event.what for event in stage.heard] == [Command("later 12")]


async def test_a_form_sent_twice_is_one_event_and_another_text_is_another(stage: Stage) -> None:
    await ask(stage)
    stage.reply = None

    for words in ("one", "one", "two"):
        await stage.people.submit("Elin", {"what": words})

    first, second, third = (event.id for event in stage.heard)
    assert first == second != third
    assert stage.microsoft.world.told[-1].startswith("That was done already.")


async def test_the_same_form_put_again_is_another_one(stage: Stage) -> None:
    for _ in range(2):
        await stage.people.say("Elin", "hello")
    ids = []
    for _ in range(2):
        stage.reply = ASK
        await stage.people.say("Elin", "hello")
        stage.heard.clear()
        await stage.people.submit("Elin", {"what": "one"})
        ids += [event.id for event in stage.heard]

    assert len(set(ids)) == 2


async def test_a_press_that_says_something_new_leaves_the_card_as_it_is(stage: Stage) -> None:
    await ask(stage, ways(Button("Status", Command("status"))))
    stage.reply = Message("Here you are.", (Text("Here you are."),))

    await stage.people.press("Elin", "Status")

    lines = stage.microsoft.world.seen("Elin")[1:]
    assert [line.summary for line in lines] == ["Ways on.", "Here you are."]
    assert stage.microsoft.world.told == ["The answer is below."]


async def test_a_press_that_replaces_changes_the_message_too(stage: Stage) -> None:
    await ask(stage, ways(Button("Skip", Command("skip 12"))))
    stage.reply = Replacement(ways(Button("Undo", Command("undo 12"))))

    await stage.people.press("Elin", "Skip")
    await stage.people.press("Elin", "Undo")

    assert [event.what for event in stage.heard] == [Command("skip 12"), Command("undo 12")]
    assert stage.microsoft.world.seen("Elin")[-1].edited == 2


async def test_a_button_of_a_version_long_gone_is_no_fault(stage: Stage) -> None:
    data = {"jpd": {"verb": "press", "press": "x:y"}}
    action = {"action": {"type": "Action.Execute", "verb": "press", "data": data}}

    assert (await stage.people.invoke("Elin", "adaptiveCard/action", action)).status == 200
    assert [event.what for event in stage.heard] == [Opened("gone")]


# --- forms and dialogs ------------------------------------------------------------------------------------------------


async def test_a_short_form_comes_into_the_chat(stage: Stage) -> None:
    await ask(stage, ways(Button("Change", Opened("check-in", "12"))))
    stage.reply = FORM

    await stage.people.press("Elin", "Change")
    stage.reply = Replacement(SENT)
    await stage.people.submit("Elin", {"what": "again"})

    assert stage.heard[-1].what == Submitted("check-in", "12", {"what": "again"})
    assert [line.summary for line in stage.microsoft.world.seen("Elin")[1:]] == ["Ways on.", "Sent to Tama."]


async def test_a_long_form_opens_as_a_dialog_and_its_answer_changes_the_message(stage: Stage) -> None:
    await ask(stage, LONG)
    stage.reply = LONG

    await stage.people.press("Elin", "Fill in")
    dialog = stage.microsoft.world.dialogs["Elin"]
    assert dialog.title == "This week"
    assert len(list(inputs(dialog.card))) == 5
    assert {each["type"] for each in buttons(dialog.card)} == {"Action.Submit"}

    stage.reply = FieldErrors(replace(LONG, inputs=(Input(SURE, "4", "Why?"), *LONG.inputs[1:])))
    await stage.people.submit("Elin", {"q1": "5"})
    assert "Why?" in reading.shown(stage.microsoft.world.dialogs["Elin"].card)

    stage.reply = Replacement(SENT)
    await stage.people.submit("Elin", {"sure": "5"})
    assert stage.microsoft.world.dialogs == {}
    assert newest(stage).elements == SENT.elements
    assert stage.microsoft.world.seen("Elin")[-1].edited == 1


async def test_where_there_are_no_dialogs_a_long_form_opens_in_the_chat(stage: Stage) -> None:
    await ask(stage, LONG)
    stage.reply = LONG

    await stage.people.press("Elin", "Fill in here, in the chat")
    stage.reply = Replacement(SENT)
    await stage.people.submit("Elin", {"q1": "5"})

    assert stage.heard[-1].what == Submitted("profile", "", {"q1": "5"})
    [line] = stage.microsoft.world.seen("Elin")[1:]
    assert line.summary == "Sent to Tama."


async def test_a_dialog_that_cannot_open_says_why_and_one_that_is_done_speaks_in_the_chat(
    stage: Stage,
) -> None:
    await ask(stage, LONG)
    stage.reply = Message("Too late.", (Text("Too late."),))
    await stage.people.press("Elin", "Fill in")
    assert "Too late." in reading.shown(stage.microsoft.world.dialogs.pop("Elin").card)

    stage.reply = LONG
    await stage.people.press("Elin", "Fill in")
    stage.reply = SENT
    await stage.people.submit("Elin", {"q1": "5"})
    assert newest(stage).summary == "Sent to Tama."
    stage.reply = None
    await stage.people.again()
    assert stage.microsoft.world.count("send") == 2


# --- files ------------------------------------------------------------------------------------------------------------


async def test_a_file_goes_where_its_reader_wants_it_and_is_made_anew_for_that(stage: Stage) -> None:
    stage.reply = Message("Yours.", (Text("Everything."), File("my-data.json", "application/json", b"{}")))
    await stage.people.say("Elin", "my data")
    stage.reply = Message("Yours.", (File("my-data.json", "application/json", b'{"newer": 1}'),))

    assert (await stage.people.take_file("Elin")).status == 200

    assert stage.people.file("Elin") == b'{"newer": 1}'
    assert stage.heard[-1].what == Command("my data")
    [offer] = stage.microsoft.world.seen("Elin")[-1].activity["attachments"]
    assert offer["contentType"].endswith("file.info")
    assert offer["contentUrl"].startswith("https://")


async def test_a_file_that_nobody_wants_is_made_for_nobody(stage: Stage) -> None:
    stage.reply = Message("Yours.", (File("my-data.json", "application/json", b"{}"),))
    await stage.people.say("Elin", "my data")
    stage.heard.clear()

    assert (await stage.people.take_file("Elin", decline=True)).status == 200
    assert (await stage.people.invoke("Elin", "fileConsent/invoke", {"action": "accept"})).status == 400
    assert stage.heard == []
    assert stage.microsoft.world.files == {}


async def test_an_offer_that_was_declined_goes(stage: Stage) -> None:
    stage.reply = Message("Yours.", (File("my-data.json", "application/json", b"{}"),))
    await stage.people.say("Elin", "my data")
    stage.heard.clear()

    assert (await stage.people.take_file("Elin", decline=True)).status == 200

    assert stage.heard == []
    assert "The file was not sent" in newest(stage).summary
    assert not any(
        each["contentType"].endswith("file.consent")
        for line in stage.microsoft.world.seen("Elin")
        for each in line.activity.get("attachments", ())
    )


@pytest.mark.parametrize("mishap", [Status(403), Status(500), Status(507)])
async def test_a_file_that_could_not_be_put_away_is_told(stage: Stage, mishap: Mishap) -> None:
    stage.reply = Message("Yours.", (File("my-data.json", "application/json", b"{}"),))
    await stage.people.say("Elin", "my data")
    stage.microsoft.fail("upload", *[mishap] * 3)

    with logs():
        assert (await stage.people.take_file("Elin")).status == 200

    assert stage.microsoft.world.files == {}
    assert "could not put the file into your OneDrive" in newest(stage).summary


async def test_where_no_file_is_made_the_reason_is_told(stage: Stage) -> None:
    stage.reply = Message("Yours.", (File("my-data.json", "application/json", b"{}"),))
    await stage.people.say("Elin", "my data")
    stage.reply = Message("I cannot reach my records.", (Text("I cannot reach my records."),))

    assert (await stage.people.take_file("Elin")).status == 200

    assert newest(stage).summary == "I cannot reach my records."


async def test_every_card_says_its_language(stage: Stage) -> None:
    for reply in (ASK, SENT, LONG, Replacement(SENT)):
        stage.reply = reply
        await stage.people.say("Elin", "hello")

    cards = [line.card for line in stage.microsoft.world.seen("Elin") if line.by_bot]
    assert len(cards) == 4
    assert {card["lang"] for card in cards if card} == {"en"}


# --- groups -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "conversation",
    [{"isGroup": True}, {"isGroup": True, "conversationType": "groupChat"}, {"conversationType": "channel"}],
)
async def test_words_in_a_group_are_nobodys_answer_however_the_group_is_named(
    stage: Stage, conversation: dict[str, object]
) -> None:
    said = stage.people.activity("Elin", text="I feel unsafe")
    said["conversation"] = {
        key: value for key, value in said["conversation"].items() if key != "conversationType"
    } | conversation

    answer = await stage.people.raw(
        json.dumps(said).encode(), {"Authorization": f"Bearer {stage.people.token()}"}
    )

    assert answer.status == 200
    assert stage.heard == []


# --- in time ----------------------------------------------------------------------------------------------------------


@pytest.fixture
async def slow(microsoft: FakeMicrosoft, prompts: Prompts) -> AsyncIterator[tuple[Stage, asyncio.Event]]:
    """Run the adapter with a core that takes until an event is set."""
    done = asyncio.Event()

    async def handle(event: Event) -> Reply | None:
        stage.heard.append(event)
        if stage.reply is not None and not isinstance(event.what, Said):
            await done.wait()
        return stage.reply

    async with on_stage(microsoft, prompts, handle=handle) as stage:
        stage.people.add("Elin", "tenant-1", installed=True)
        yield stage, done


async def test_what_takes_longer_is_answered_in_time_and_comes_to_the_chat(
    slow: tuple[Stage, asyncio.Event],
) -> None:
    stage, done = slow
    await ask(stage, ways(Button("Skip", Command("skip 12"))))
    stage.reply = Replacement(SENT)
    stage.patience.end()

    answer = await stage.people.press("Elin", "Skip")
    assert answer.json["value"].startswith("One moment")
    done.set()
    await stage.finish()

    assert stage.microsoft.world.seen("Elin")[-1].edited == 1


async def test_a_late_dialog_comes_to_the_chat(slow: tuple[Stage, asyncio.Event]) -> None:
    stage, done = slow
    await ask(stage, LONG)
    stage.reply = LONG
    stage.patience.end()

    answer = await stage.people.press("Elin", "Fill in")
    assert answer.json["task"]["value"].startswith("One moment")
    done.set()
    await stage.finish()

    assert stage.microsoft.world.count("send") == 2


@pytest.mark.parametrize("mishap", [RateLimited(1), Status(502), DroppedBefore()])
async def test_a_platform_that_stumbles_costs_the_answer_at_most(
    stage: Stage, mishap: RateLimited | Status
) -> None:
    stage.reply = Message("Kept.")
    stage.microsoft.fail("send", mishap)

    with logs():
        answer = await stage.people.say("Elin", "hello")

    assert answer.status == 200
    assert len(stage.heard) == 1


async def test_a_message_too_long_for_one_card_comes_in_several(stage: Stage) -> None:
    quotes = tuple(Quote(f"{number} " + "x" * 3_000, "Tama") for number in range(12))
    stage.reply = Message("All of it.", (*quotes, Buttons((Button("Help", Command("help")),))))

    await stage.people.say("Elin", "pairs")
    await stage.people.press("Elin", "Help")

    shown = "".join(reading.shown(line.card) for line in stage.microsoft.world.seen("Elin"))
    assert all(f'"{number} xx' in shown for number in range(12))
    assert stage.heard[-1].what == Command("help")
