import json
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from adapters.slack.render import errors, message, messages, view
from bot.events import Command, Opened
from bot.message import (
    Button,
    Buttons,
    Element,
    Fields,
    Form,
    Heading,
    Input,
    Inputs,
    Message,
    Quote,
    Table,
    Text,
)
from bot.model import Kind, Option, Question
from bot.prompts import escape
from tests.platforms import anything
from tests.platforms.slack.limits_of_slack import faults
from tests.playground.script import ASK, DIGEST, everything


def blocks(*elements: Element) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = message(Message("A summary.", elements))["blocks"]
    return found


@given(anything.messages_without_pictures)
def test_any_message_is_within_slacks_limits(said: Message) -> None:
    assert faults(message(said)) == []


@given(anything.forms)
def test_any_form_is_within_slacks_limits(form: Form) -> None:
    assert faults(view(form)) == []


@given(anything.words, anything.words)
def test_nobodys_words_are_ever_read_as_marks(words: str, name: str) -> None:
    said = Message(f"{words}", (Quote(words, name), Fields(((name, words),)), Text(f"Hello {escape(name)}.")))

    for text in mrkdwn(message(said)):
        bare = text.replace("\u200b", "")
        label, _, value = bare.partition("\n")
        for part in (label.strip().strip("*"), value):
            assert not re.search(r"[<>*_~`]|&gt;|:\w+:", part), text
    assert "<" not in message(said)["text"]


def mrkdwn(payload: object) -> list[str]:
    """Yield every text that Slack would parse."""
    match payload:
        case {"type": "mrkdwn", "text": str(text)}:
            return [text]
        case dict():
            return [text for each in payload.values() for text in mrkdwn(each)]
        case list():
            return [text for each in payload for text in mrkdwn(each)]
        case _:
            return []


def test_a_quote_is_rich_text_and_stays_as_it_was_written() -> None:
    words = "<!channel> *no* &lt; :tada:\n> and <@U1>"

    label, quote = blocks(Quote(words, "Tama *Rewi*"))

    assert quote == {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": words}]}],
    }
    assert label["elements"] == [{"type": "plain_text", "text": "Tama *Rewi*", "emoji": False}]


@pytest.mark.parametrize(
    ("md", "text"),
    [
        ("Only **Tama** sees *this*.", "Only *Tama* sees _this_."),
        ("***both***", "*_both_*"),
        ("[Why?](https://example.org/?a=1&b)", "<https://example.org/?a=1&amp;b|Why?>"),
        ("R&D \\<now", "R&amp;D &lt;now"),
        ("a**b**c", "a\u200b*b*\u200bc"),
        ("**Some** of *those*", "*Some* of _those_"),
        ("one\n\ntwo", "one\n\ntwo"),
        ("- one\n- **two**", "• one\n• *two*"),
    ],
)
def test_our_markdown_becomes_mrkdwn(md: str, text: str) -> None:
    (section,) = blocks(Text(md))

    assert section == {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}}


@pytest.mark.parametrize("name", ["Ann*a*", "snake_case_", "`x`", "~x~", ":tada:", "&gt; x :a:", "a > b"])
def test_a_name_with_a_mark_makes_its_text_plain(name: str) -> None:
    (section,) = blocks(Text(f"**Hello** {escape(name)}, [more](https://example.org)"))

    assert section["text"] == {
        "type": "plain_text",
        "text": f"Hello {name}, more (https://example.org)",
        "emoji": False,
    }


def test_small_text_is_context() -> None:
    (block,) = blocks(Text("Why this message?", small=True))

    assert block["type"] == "context"


def test_a_text_of_3000_is_one_section_and_one_more_makes_two() -> None:
    assert len(blocks(Text("a" * 2_900))) == 1
    one_more = blocks(Text("word " * 700))
    assert len(one_more) == 2
    assert "".join(each["text"]["text"] for each in one_more).split() == ["word"] * 700


@pytest.mark.parametrize(("length", "count"), [(3_000, 1), (3_001, 2), (40_000, 14)])
def test_a_long_quote_is_parted_and_loses_nothing(length: int, count: int) -> None:
    said = Message("A quote", (Quote("x" * length),))
    quotes = [block for part in messages(said) for block in part["blocks"]]

    assert len(quotes) == count
    assert "".join(each["elements"][0]["elements"][0]["text"] for each in quotes) == "x" * length


@pytest.mark.parametrize(("length", "shown"), [(150, "h" * 150), (151, "h" * 149 + "…")])
def test_a_heading_has_150_characters(length: int, shown: str) -> None:
    assert blocks(Heading("h" * length))[0]["text"]["text"] == shown


@pytest.mark.parametrize(("length", "shown"), [(75, "b" * 75), (76, "b" * 74 + "…")])
def test_a_buttons_label_has_75_characters(length: int, shown: str) -> None:
    (row,) = blocks(Buttons((Button("b" * length, Command("help")),)))

    assert row["elements"][0]["text"]["text"] == shown


@pytest.mark.parametrize(("count", "rows"), [(25, 1), (26, 2)])
def test_a_row_has_25_buttons_and_every_button_its_own_id(count: int, rows: int) -> None:
    found = blocks(Buttons((Button("Go", Command("go on")),) * count))

    ids = [each["action_id"] for row in found for each in row["elements"]]
    assert len(found) == rows
    assert len(set(ids)) == count


@pytest.mark.parametrize(("count", "sections"), [(10, 1), (11, 2)])
def test_a_section_has_10_fields(count: int, sections: int) -> None:
    assert len(blocks(Fields((("Label", "value"),) * count))) == sections


@pytest.mark.parametrize("length", [1_900, 2_001, 5_000])
def test_a_field_has_2000_characters(length: int) -> None:
    assert faults(message(Message("s", (Fields((("Label", "v" * length),)),)))) == []


@pytest.mark.parametrize(("count", "shown"), [(50, 50), (51, 50), (200, 50)])
def test_a_message_has_50_blocks_and_keeps_its_buttons(count: int, shown: int) -> None:
    buttons = Buttons((Button("Answer now", Command("help")),))
    said = Message(
        "s", (*(Text(f"Line {number}") for number in range(count - 2)), buttons, Text("Why?", small=True))
    )

    found = message(said)["blocks"]

    assert len(found) == shown
    assert found[-2]["type"] == "actions"
    assert any(each.get("elements", [{}])[0].get("text") == "…" for each in found) is (count > 50)


def test_a_form_of_100_inputs_is_a_view_and_of_101_still_one() -> None:
    def form(count: int) -> Form:
        asked = (Question(key=f"q{number}", kind=Kind.SHORT, label="?") for number in range(count))
        return Form(name="f", title="t", inputs=tuple(map(Input, asked)), submit="s")

    assert len(view(form(100))["blocks"]) == 100
    assert faults(view(form(101))) == []


@pytest.mark.parametrize(("length", "shown"), [(24, "t" * 24), (25, "t" * 23 + "…")])
def test_a_view_has_titles_of_24_characters(length: int, shown: str) -> None:
    form = view(Form(name="f", title="t" * length, inputs=(), submit="t" * length))

    assert (form["title"]["text"], form["submit"]["text"]) == (shown, shown)


@pytest.mark.parametrize(("limit", "longest"), [(500, 500), (3_000, 3_000), (3_001, 3_000)])
def test_an_input_has_3000_characters(limit: int, longest: int) -> None:
    asked = Question(key="q", kind=Kind.LONG, label="?", limit=limit)
    (block,) = view(Form(name="f", title="t", inputs=(Input(asked, "v" * 4_000),), submit="s"))["blocks"]

    assert block["element"]["max_length"] == longest
    assert len(block["element"]["initial_value"]) == longest


@pytest.mark.parametrize(
    ("kind", "count", "element"),
    [
        (Kind.ONE, 10, "radio_buttons"),
        (Kind.ONE, 11, "static_select"),
        (Kind.MANY, 10, "checkboxes"),
        (Kind.MANY, 11, "multi_static_select"),
        (Kind.ONE, 101, "static_select"),
    ],
)
def test_more_than_ten_options_need_a_menu(kind: Kind, count: int, element: str) -> None:
    options = tuple(Option(str(number), f"{number} " + "o" * 80) for number in range(count))
    asked = Question(key="q", kind=kind, label="?", options=options)
    form = view(Form(name="f", title="t", inputs=(Input(asked),), submit="s"))

    assert form["blocks"][0]["element"]["type"] == element
    assert faults(form) == []


def test_a_form_in_a_message_is_its_words_and_a_button_that_opens_it() -> None:
    form = Form(
        name="check-in", context="12", title="t", intro="Only **Tama** sees this.", inputs=(), submit="s"
    )
    text, row = blocks(Inputs(form, "Answer now", (Button("Skip", Command("skip 12")),)))

    assert text["text"]["text"] == "Only *Tama* sees this."
    assert [each["value"] for each in row["elements"]] == ["o:check-in:12", "c:skip 12"]
    assert [each.get("style") for each in row["elements"]] == ["primary", None]


def test_a_filled_in_form_shows_what_stands_in_it() -> None:
    values = {
        "what": "Waited",
        "sure": "4",
        "when": "2026-11-20",
        "at": "15:45",
        "with": "8b;9a",
        "place": "there",
    }
    found = {block.get("block_id"): block for block in view(everything(values))["blocks"]}

    assert found["what"]["element"]["initial_value"] == "Waited"
    assert found["sure"]["element"]["initial_option"]["value"] == "4"
    assert [option["text"]["text"] for option in found["sure"]["element"]["options"]] == [
        "1 – just a hunch", "2", "3", "4", "5 – I have evidence",
    ]  # fmt: skip
    assert found["when"]["element"]["initial_date"] == "2026-11-20"
    assert found["at"]["element"]["initial_time"] == "15:45"
    assert [option["value"] for option in found["with"]["element"]["initial_options"]] == ["8b", "9a"]
    assert found["place"]["element"]["initial_option"]["value"] == "there"
    assert found["what"]["optional"] is False
    assert found["name"]["optional"] is True


def test_what_is_wrong_goes_by_the_questions_block() -> None:
    assert errors(everything({}, "Please write a word.")) == {"what": "Please write a word."}


def test_one_table_a_message_and_every_other_as_lines() -> None:
    table = Table(("Stage", "Pairs"), (("Sharing", "4"), ("", "7")))

    first, second = blocks(table, table)

    assert first["type"] == "table"
    assert first["rows"][2] == [{"type": "raw_text", "text": "–"}, {"type": "raw_text", "text": "7"}]
    assert second["text"]["text"].startswith("Stage – Pairs\nSharing – 4")


@pytest.mark.parametrize(("rows", "kind"), [(99, "table"), (100, "section")])
def test_a_table_has_100_rows(rows: int, kind: str) -> None:
    assert blocks(Table(("A", "B"), (("1", "2"),) * rows))[0]["type"] == kind


def test_a_message_of_nothing_says_its_summary() -> None:
    assert message(Message("Kept & <done>.")) == {
        "text": "Kept &amp; &lt;done&gt;.",
        "blocks": [
            {"type": "section", "text": {"type": "plain_text", "text": "Kept & <done>.", "emoji": False}}
        ],
    }


@pytest.mark.parametrize("said", [ASK, DIGEST, replace(ASK, elements=ASK.elements * 20)])
def test_real_messages_are_within_the_limits(said: Message) -> None:
    assert faults(message(said)) == []
    assert json.dumps(message(said))


def test_a_press_that_opens_a_form_says_which() -> None:
    (row,) = blocks(Buttons((Button("Change", Opened("check-in", "12")),)))

    assert row["elements"][0]["value"] == "o:check-in:12"
