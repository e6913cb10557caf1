import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft6Validator  # type: ignore[import-untyped]  # it publishes no types

from adapters.teams.render import CARD_BYTES, form, message, messages
from bot.events import Command
from bot.message import (
    Button,
    Buttons,
    Divider,
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
from bot.model import Kind, Question
from bot.prompts import escape
from tests.platforms import anything
from tests.playground.script import ASK, DIGEST, EVERY_KIND, everything
from tests.support.places import SCHEMAS

CARD_SCHEMA = SCHEMAS / "adaptive-card-1.5.schema.json"


@cache
def validator() -> Draft6Validator:
    return Draft6Validator({"$ref": "#/definitions/AdaptiveCard", **json.loads(CARD_SCHEMA.read_text())})


def faults(card: dict[str, Any]) -> list[str]:
    return [error.message[:200] for error in validator().iter_errors(card)]


def body(*elements: Element) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = message(Message("A summary.", elements))["body"]
    return found


def parts(card: object) -> Iterator[dict[str, Any]]:
    """Yield every object in the card."""
    if isinstance(card, dict):
        yield card
        for each in card.values():
            yield from parts(each)
    elif isinstance(card, list):
        for each in card:
            yield from parts(each)


@pytest.mark.parametrize(
    "card",
    [
        message(ASK),
        message(DIGEST),
        form(everything()),
        form(everything({"sure": "4", "with": "8b;9a"}, "No.")),
    ],
)
def test_real_cards_are_what_microsofts_schema_wants(card: dict[str, Any]) -> None:
    assert faults(card) == []


def test_the_schema_finds_a_fault() -> None:
    card = message(ASK)
    card["body"][0]["colour"] = "red"

    assert faults(card)


@given(anything.messages_without_pictures)
def test_any_message_is_a_card_small_enough(said: Message) -> None:
    card = message(said)

    assert len(json.dumps(card["body"], ensure_ascii=False).encode("utf-16-le")) <= CARD_BYTES
    assert len(card["fallbackText"]) <= 500
    assert shape_faults(card) == []


@given(anything.forms)
def test_any_form_is_a_card(asked: Form) -> None:
    assert shape_faults(form(asked)) == []


def shape_faults(card: dict[str, Any]) -> list[str]:
    """Return the faults that the schema finds in the elements we use, quickly enough for hundreds of cards."""
    found = []
    for part in parts(card):
        kind = part.get("type", "")
        if kind in ("TextBlock", "TextRun") and not isinstance(part.get("text"), str):
            found.append(f"{kind} without text")
        if kind == "RichTextBlock" and not part["inlines"]:
            found.append("no inlines")
        if kind.startswith("Input.") and not (part["id"] and isinstance(part["isRequired"], bool)):
            found.append(f"{kind} without id")
        if kind == "Action.Execute" and part["fallback"]["type"] != "Action.Submit":
            found.append("no fallback")
    return found


@given(anything.words, anything.words)
def test_nobodys_words_are_ever_read_as_marks(words: str, name: str) -> None:
    said = Message(
        "s", (Quote(words, name), Fields(((name, words),)), Text(f"Hello {escape(name)}."), Heading(name))
    )

    for part in parts(message(said)):
        for text in (part.get("text"), part.get("title"), part.get("value")):
            if part.get("type") != "TextRun" and isinstance(text, str):
                assert not set(text) & set("*_`[]{}<>&\\#"), part


def test_a_quote_is_runs_in_a_quiet_box_and_stays_as_it_was_written() -> None:
    words = "**no** &lt;b&gt; {{DATE(2026-11-24T00:00:00Z)}} <at>Tama</at>"

    (box,) = body(Quote(words, "Tama"))

    assert (box["type"], box["style"]) == ("Container", "emphasis")
    texts = [run["text"] for block in box["items"] for run in block["inlines"]]
    assert [text.replace("\u200b", "") for text in texts] == ["Tama", words]
    assert all(block["type"] == "RichTextBlock" for block in box["items"])


def test_our_markdown_is_text_blocks_that_wrap() -> None:
    texts = body(
        Text("Only **Tama** sees *this*. [Why?](https://example.org)\n\n- one\n- **two**", small=True)
    )

    small = {"wrap": True, "isSubtle": True, "size": "Small"}
    assert texts == [
        {"type": "TextBlock", "text": "Only **Tama** sees _this_. [Why?](https://example.org)", **small},
        {"type": "TextBlock", "text": "- one\n- **two**", **small},
    ]


def test_words_with_a_mark_become_runs_that_nobody_parses() -> None:
    (block,) = body(Text(f"**Hello** {escape('*Ann*')}"))

    assert block["inlines"] == [
        {"type": "TextRun", "text": "Hello", "weight": "Bolder"},
        {"type": "TextRun", "text": " *Ann*"},
    ]


def test_every_action_can_be_done_by_an_old_client_too() -> None:
    (row,) = body(Buttons((Button("Skip", Command("skip 12")),)))
    (action,) = row["actions"]

    assert action["type"] == "Action.Execute"
    assert action["fallback"]["type"] == "Action.Submit"
    assert action["data"] == action["fallback"]["data"] == {"jpd": {"verb": "press", "press": "c:skip 12"}}


def test_what_is_needed_never_blocks_a_way_past() -> None:
    (box,) = [item for item in message(ASK)["body"] if item["type"] == "Container"]
    submit, later, skip = box["items"][-1]["actions"]

    assert (submit["title"], submit["associatedInputs"]) == ("Send to Tama", "Auto")
    assert submit["data"] == {"jpd": {"verb": "submit", "form": "check-in", "context": "12"}}
    assert {later["associatedInputs"], skip["associatedInputs"]} == {"None"}
    assert [item["isRequired"] for item in box["items"] if item["type"].startswith("Input.")] == [True, False]


@pytest.mark.parametrize(("count", "inline"), [(3, True), (4, False)])
def test_up_to_three_inputs_are_inline(count: int, inline: bool) -> None:
    asked = Form(name="f", title="t", inputs=tuple(map(Input, EVERY_KIND[:count])), submit="s")

    inputs = [
        part for part in parts(body(Inputs(asked, "Answer now"))) if part.get("type", "").startswith("Input.")
    ]

    assert len([each for each in inputs if each["type"] != "Input.Choice"]) == (count if inline else 0)


def test_a_form_too_large_for_a_card_opens_by_its_button() -> None:
    asked = Question(key="q", kind=Kind.LONG, label="?", limit=10_000)
    inputs = tuple(
        Input(Question(key=f"q{n}", kind=asked.kind, label="?", limit=10_000), "é" * 3_000) for n in range(3)
    )

    *_, row = body(Inputs(Form(name="f", title="t", inputs=inputs, submit="s"), "Answer now"))

    assert [action["title"] for action in row["actions"]] == ["Answer now"]


def test_a_card_that_would_be_too_large_keeps_its_buttons() -> None:
    texts = (Quote(f"{number} " + "x" * 3_000) for number in range(20))

    *_, more, row = body(*texts, Buttons((Button("Reply", Command("help")),)))

    assert row["type"] == "ActionSet"
    assert more["text"] == "…"


@given(anything.messages_without_pictures)
def test_a_message_in_several_cards_loses_nothing(said: Message) -> None:
    cards = messages(said)

    assert all(
        len(json.dumps(card["body"], ensure_ascii=False).encode("utf-16-le")) <= CARD_BYTES for card in cards
    )
    if len(cards) == 1:
        assert cards == (message(said),)


def test_words_too_many_for_one_card_go_on_in_the_next() -> None:
    texts = [Quote(f"{number} " + "x" * 3_000) for number in range(20)]

    cards = messages(Message("s", (*texts, Buttons((Button("Reply", Command("help")),)))))

    shown = "".join(json.dumps(card) for card in cards)
    assert len(cards) > 3
    assert all(f'"{number} x' in shown for number in range(20))
    assert cards[-1]["body"][-1]["type"] == "ActionSet"
    assert all(card["fallbackText"] == "s" for card in cards)


def test_choices_are_in_sight_and_several_are_joined_as_teams_does() -> None:
    found = {
        part["id"]: part for part in parts(form(everything({"with": "8b;9a", "sure": "4"}))) if "id" in part
    }

    assert found["with"]["isMultiSelect"] is True
    assert found["with"]["value"] == "8b,9a"
    assert found["sure"]["style"] == "expanded"
    assert [choice["value"] for choice in found["sure"]["choices"]] == ["1", "2", "3", "4", "5"]
    assert [found[key]["type"] for key in ("what", "when", "at")] == [
        "Input.Text",
        "Input.Date",
        "Input.Time",
    ]


def test_a_table_has_a_fallback_in_lines() -> None:
    (table,) = body(Table(("Stage", "Pairs"), (("Sharing", "4"),)))

    assert table["type"] == "Table"
    assert [line["text"] for line in table["fallback"]["items"]] == ["Stage – Pairs", "Sharing – 4"]


def test_a_line_between_two_parts() -> None:
    assert body(Text("one"), Divider(), Text("two"))[1]["separator"] is True


@pytest.mark.parametrize(
    "element",
    [
        Text(escape("See you at {{DATE(2026-11-24T00:00:00Z,SHORT)}}")),
        Quote("{{TIME(2026-11-24T00:00:00Z)}} {{{DATE(2026-11-24T00:00:00Z)}}", "{{DATE(x)}}"),
        Fields((("{{DATE(x)}}", "{{DATE(x)}}"),)),
        Heading("{{DATE(x)}}"),
        Table(("{{DATE(x)}}",), (("{{DATE(x)}}",),)),
    ],
)
def test_a_function_of_the_renderer_that_somebody_typed_is_expanded_nowhere(element: Element) -> None:
    shown = json.dumps(message(Message("", (element,))), ensure_ascii=False)

    assert "{{DATE(" not in shown
    assert "{{TIME(" not in shown
    assert "DATE(" in shown
