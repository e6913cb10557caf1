"""Two hundred hostile texts in every place where somebody may write one."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from bot.events import Command, Opened, Said, Submitted, What, readable
from bot.message import FieldErrors, Form, Message, Quote, Reply
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.hostile import SOME, TEXTS, kept, quotes_of, strange_marks
from tests.journeys.town import COORDINATOR, Town, build, buttons_of, plain
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
CHALLENGED = datetime(2026, 9, 21, 14, 30, tzinfo=UTC)
SHORT = "peer-visit-2wk"
SORRY = "something went wrong on my side"
NO = tuple(map(Command, ("meant not-a-child", "meant form", "meant as-it-is form")))
REFUSALS = (
    "Nothing was lost",
    "Nothing was changed",
    "Please fill this in",
    "That message was empty",
    "so I have kept nothing",
)


@pytest.fixture
def texts(database_url: str) -> tuple[str, ...]:
    """Return all texts on SQLite; on PostgreSQL, which is slower, those that it might refuse and some of the others."""
    return TEXTS if "sqlite" in database_url else SOME


async def first_question_asked(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    await town.run(date(2026, 9, 14), SHORT)
    await town.until(ASKED)
    return town


pytestmark = [
    pytest.mark.core,  # what each platform does to words has tests of its own
    begins_with(first_question_asked),
]


async def tried(town: Town, name: str, what: What) -> Reply:
    """A reply always comes: never an apology, and never anything of ours made of somebody's words."""
    reply = await town.hear(name, what)
    assert reply is not None, what
    assert SORRY not in plain(reply), what
    assert not strange_marks(reply), (what, strange_marks(reply))
    return reply


async def insisted(town: Town, name: str, what: What) -> Reply:
    """Say or submit something, and press *No* where the bot asks whether it is about a child, or names one."""
    reply = await tried(town, name, what)
    while no := next((each.does for each in buttons_of(reply) if each.does in NO), None):
        reply = await tried(town, name, no)
    return reply


def is_kept_or_refused(reply: Reply, text: str) -> bool:
    said = plain(reply)
    return kept(text) in quotes_of(reply) or any(refusal in said for refusal in REFUSALS)


def test_there_are_two_hundred_of_them() -> None:
    assert len(TEXTS) >= 200


# --- the rule at the edge -------------------------------------------------------------------------------------------


def test_words_stay_as_they_are_but_for_what_nobody_can_type_or_see() -> None:
    words = "Ŵyn’s  two\n\n lines\twith 👩‍👩‍👧 and \u05d0\u05d1 and <!channel> \\ % _"
    assert readable(Said(words)) == Said(words)
    assert readable(Said("a\u202eb\u2066c\u2069d")) == Said("abcd"), (
        "what turns the reading round never goes out"
    )
    assert readable(Said("a\x00b\ud800c\x1b[0m\x7f\x9bd")) == Said("abc[0md")
    assert readable(Said("one\r\ntwo\rthree\u2028four\x0bfive")) == Said("one\ntwo\nthree\nfour\nfive")
    assert readable(Command("skip\x00 1")) == Command("skip 1")
    assert readable(Opened("\x00tell", "\ud8001")) == Opened("tell", "1")
    submitted = Submitted("check-in", "1\x00", {"what\x00": "\udfff words", "empty": "\x00"})
    assert readable(submitted) == Submitted("check-in", "1", {"what": " words", "empty": ""})


def test_both_halves_of_a_sign_that_came_apart_in_json_are_one_sign_again() -> None:
    assert readable(Said(json.loads('"\\ud83d\\ude42 \\ud83d"'))) == Said("🙂 ")


# --- typed ----------------------------------------------------------------------------------------------------------


async def test_typed_with_a_question_open(town: Town, texts: tuple[str, ...]) -> None:
    number = (await town.check_ins("Ann Ash"))["focus"].id
    for index, text in enumerate(texts):
        reply = await insisted(town, "Ann Ash", Said(text))
        if kept(text) and "jpd" not in text.casefold() and not text.lstrip().startswith("/"):
            assert is_kept_or_refused(reply, text) or len(kept(text).split()) <= 2, text
        if index % 3 == 2:  # before the last of its questions has been answered
            await town.command("Ann Ash", f"take-back {number}")


async def test_typed_and_given_as_commands_without_a_question_open(
    town: Town, texts: tuple[str, ...]
) -> None:
    for text in texts:
        await tried(town, "Head Oak", Said(text))
        await tried(town, "Head Oak", Command(text))
        await tried(town, "Zoe Unknown", Said(text))


async def test_everything_typed_comes_back_unchanged_in_my_data(town: Town) -> None:
    number = (await town.check_ins("Ann Ash"))["focus"].id
    for text in TEXTS[::3]:
        reply = await insisted(town, "Ann Ash", Submitted("check-in", str(number), {"pupils": text}))
        if not isinstance(reply, FieldErrors):
            answers = json.loads(await town.my_data("Ann Ash"))["cycles"][0]["answers"]
            assert [each["text"] for each in answers["focus"]] == [kept(text)]


async def test_after_every_teachers_command(town: Town, texts: tuple[str, ...]) -> None:
    for command, given in {"tell": texts, "pause until": texts, "language": SOME, "put": SOME}.items():
        for text in given:
            await tried(town, "Ann Ash", Command(f"{command} {text}"))


async def test_after_every_coordinators_command(town: Town, texts: tuple[str, ...]) -> None:
    before = await town.pairings()
    for command, given in {"swap Ann and": texts, "block": texts, "nudge": SOME, "pairs": SOME}.items():
        for text in given:
            await tried(town, COORDINATOR, Command(f"{command} {text}"))
    assert await town.pairings() == before


# --- forms ----------------------------------------------------------------------------------------------------------


async def test_in_every_question_of_a_check_in(town: Town, texts: tuple[str, ...]) -> None:
    await town.until(datetime(2026, 9, 16, 14, 30, tzinfo=UTC))
    number = str((await town.check_ins("Ann Ash"))["visit"].id)
    for text in texts:
        reply = await insisted(
            town, "Ann Ash", Submitted("check-in", number, {"when": text, "will": text, "day": ""})
        )
        if isinstance(reply, FieldErrors):
            assert [each.value for each in reply.form.inputs[:1]] == [kept(text)]
        else:
            assert kept(text) in quotes_of(reply), text
    for text in SOME:
        reply = await tried(
            town, "Ann Ash", Submitted("check-in", number, {"when": "Then", "day": text, text: text})
        )
        if isinstance(reply, FieldErrors):
            assert [each.value for each in reply.form.inputs[:1]] == ["Then"]


async def test_in_a_challenge_and_its_reply_where_the_partner_reads_a_quote(
    town: Town, texts: tuple[str, ...]
) -> None:
    await town.until(CHALLENGED)
    anns = str((await town.check_ins("Ann Ash"))["challenge"].id)
    cats = str((await town.check_ins("Cat Cox"))["challenge"].id)
    await town.submit("Cat Cox", "check-in", cats, evidence="Four hands went up", question="Why?")
    await town.submit("Ann Ash", "check-in", anns, evidence="Two hands went up", question="Why?")
    await town.beat()
    form = await town.press("Cat Cox", "Reply, and set a next step")
    assert isinstance(form, Form)
    for index, text in enumerate(texts):
        values = {"evidence": text, "question": text, "suggestion": text}
        given = await insisted(town, "Ann Ash", Submitted("check-in", anns, values))
        answer = {"reply": text, "next_step": text, "next_step_on": "2026-10-01"}
        replied = await insisted(town, "Cat Cox", Submitted("challenge", form.context, answer))
        if isinstance(given, FieldErrors) or isinstance(replied, FieldErrors):
            day = {"reply": "Yes", "next_step": "Wait", "next_step_on": text}
            await tried(town, "Cat Cox", Submitted("challenge", form.context, day))
            continue
        if index % 4:
            continue  # the message is mended in place, and looked at now and then
        await town.beat()
        for name in ("Ann Ash", "Cat Cox"):
            message = town.post.received[name][-1]
            assert not strange_marks(message)
            assert kept(text) in quotes_of(message) or "One thought before" in plain(given)
            assert_only_quoted(message, kept(text))


def assert_only_quoted(message: Message, words: str) -> None:
    """Somebody else's words stand in quotes, which no platform reads, and nowhere else."""
    if len(words) >= 8:
        rest = tuple(each for each in message.elements if not isinstance(each, Quote))
        assert words not in plain(Message(message.summary, rest))


async def test_in_words_to_a_partner(town: Town, texts: tuple[str, ...]) -> None:
    sent = []
    for text in texts:
        said = await insisted(town, "Ann Ash", Submitted("tell", "", {"text": text}))
        if not isinstance(said, FieldErrors):
            sent.append(kept(text))
    before = len(town.post.received["Cat Cox"])
    await town.beat()

    arrived = town.post.received["Cat Cox"][before:]
    assert [quotes_of(message) for message in arrived] == [[words] for words in sent]
    for message, words in zip(arrived, sent, strict=True):
        assert not strange_marks(message)
        assert_only_quoted(message, words)


async def test_in_the_coordinators_form(store: SqlStore, prompts: Prompts, texts: tuple[str, ...]) -> None:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    good = {"pack": SHORT, "starts_on": "2026-09-14", "goal": "Be heard"}
    for text in texts:
        drafted = await tried(town, COORDINATOR, Submitted("start", "", {**good, "goal": text}))
        assert isinstance(drafted, FieldErrors) or kept(text) in plain(drafted)
    for text in SOME:
        await tried(town, COORDINATOR, Submitted("start", "", {**good, "pack": text}))
        await tried(town, COORDINATOR, Submitted("start", "", {**good, "starts_on": text}))
    await town.submit(COORDINATOR, "start", **{**good, "goal": "<!channel> {partner} **all** <b>x</b>"})
    await town.command(COORDINATOR, "invite")
    await town.days(1)
    assert "<!channel> {partner} **all** <b>x</b>" in town.last("Ann Ash")
    assert not strange_marks(town.post.received["Ann Ash"][-1])


async def test_in_the_forms_of_ones_own_place(town: Town, texts: tuple[str, ...]) -> None:
    fields = {
        "profile": ("phase", "subjects", "offers", "needs"),
        "times": ("slots", "days", "start", "end"),
        "pause": ("until",),
    }
    for form, names in fields.items():
        for text in texts:
            await insisted(town, "Ann Ash", Submitted(form, text, dict.fromkeys(names, text)))
        for command in ("profile", "status", "my data"):
            await tried(town, "Ann Ash", Command(command))
    await town.days(1)


async def test_as_the_context_of_a_form_and_with_nothing_filled_in(town: Town) -> None:
    for form in ("check-in", "challenge", "tell", "start", "profile", "times", "pause"):
        for text in SOME[::3]:
            await tried(town, "Ann Ash", Opened(form, text))
            await insisted(town, "Ann Ash", Submitted(form, text, {}))


async def test_as_the_name_of_a_form(town: Town) -> None:
    for text in set(SOME) - {"tell"}:
        opened = await tried(town, "Ann Ash", Opened(text, "1"))
        sent = await insisted(town, "Ann Ash", Submitted(text, "1", {"text": "words"}))
        assert "I cannot find that question any more" in plain(opened)
        assert "I cannot find that question any more" in plain(sent)


async def test_as_names_on_a_roster(store: SqlStore, prompts: Prompts) -> None:
    names = ["<!channel> **Bold**", "{partner} [x](https://evil.test)", "' OR <script>", "Ana %s"]
    town = await build(
        store, prompts, {"*Oak* <b>": names[:2], "{goal}": names[2:]}, MONDAY, principals=False
    )
    await town.run(date(2026, 9, 14), SHORT)
    for name in names:
        await town.command(name, "tell hello")
    await town.until(ASKED)

    for name in (*names, COORDINATOR):
        for reply in (*town.post.received[name], *town.heard[name]):
            assert not strange_marks(reply)
            assert SORRY not in plain(reply)
    for name in names:
        partner = await town.partner_of(name)
        assert partner.split()[0] in town.last(name)
