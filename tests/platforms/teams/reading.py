"""Adaptive Cards read back as the neutral message that their reader sees."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.chat.actions import decode
from bot.message import (
    Button,
    Buttons,
    Divider,
    Element,
    Fields,
    File,
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
from tests.platforms.teams.people import buttons, inputs
from tests.platforms.teams.world import Dialog, Line

Json = Mapping[str, Any]

_ITALIC = re.compile(r"(?<!\w)_([^_\n]+)_(?!\w)")
_SCALE = ["1", "2", "3", "4", "5"]


def line(shown: Line) -> Message:
    """Return one message of a chat."""
    if shown.card is None:
        attachments = shown.activity.get("attachments") or []
        return Message(
            shown.summary or shown.text, tuple(File(each["name"], "", b"") for each in attachments)
        )
    return message(shown.card, shown.summary)


def message(card: Json, summary: str = "") -> Message:
    """Return a card as a message; a form in it has the buttons beside it."""
    return Message(summary or card.get("fallbackText", ""), tuple(_elements(card["body"])))


def form(card: Json, title: str = "") -> Form | None:
    """Return the form in a card, or None."""
    fields = tuple(map(_input, inputs(card)))
    for action in buttons(card):
        ours = action["data"]["jpd"]
        if ours["verb"] == "submit":
            return Form(
                name=ours["form"], context=ours["context"], title=title or card.get("fallbackText", ""),
                inputs=_with_errors(fields, card), submit=action["title"],
            )  # fmt: skip
    return None


def dialog(shown: Dialog) -> Form:
    found = form(shown.card, shown.title)
    assert found is not None
    return found


# --- elements -------------------------------------------------------------------------------------------------------


def _elements(body: list[Json]) -> Iterator[Element]:
    box = {"type": "Container", "items": body}
    if any(each["type"].startswith("Input.") for each in body):
        yield from _inline(box)
        return
    for item in body:
        yield from _element(item)


def _element(item: Json) -> Iterator[Element]:  # noqa: C901  # one case an element
    match item:
        case {"type": "TextBlock", "style": "heading", "text": str(text)}:
            yield Heading(text)
        case {"type": "TextBlock", "text": str(text)}:
            yield Text(_ITALIC.sub(r"*\1*", text), small=item.get("isSubtle", False))
        case {"type": "RichTextBlock", "inlines": list(found)}:
            yield Text("".join(map(_run, found)), small=bool(found and found[0].get("isSubtle")))
        case {"type": "FactSet", "facts": list(facts)}:
            yield Fields(tuple((each["title"], each["value"]) for each in facts))
        case {"type": "Image", "altText": str(alt)}:
            yield Text(escape(alt), small=True)
        case {"type": "Table", "rows": [header, *rows]}:
            yield Table(_cells(header), tuple(map(_cells, rows)))
        case {"type": "ActionSet", "actions": list(found)}:
            yield Buttons(tuple(_button(each) for each in found if each["data"]["jpd"]["verb"] == "press"))
        case {"type": "Container", "separator": True}:
            yield Divider()
        case {"type": "Container", "style": "emphasis", "items": [*by, words]}:
            said = "".join(_whole(run["text"]) for each in by for run in each["inlines"])
            yield Quote("".join(_whole(run["text"]) for run in words["inlines"]), said)
        case {"type": "Container", "items": list(items)}:
            if any(each["type"].startswith("Input.") for each in items):
                yield from _inline(item)
            else:
                for each in items:
                    yield from _element(each)
        case _:
            raise ValueError(f"nothing of ours: {item.get('type')}")


def _inline(box: Json) -> Iterator[Element]:
    found = form(box)
    for item in box["items"]:
        if item["type"] != "ActionSet" and not item["type"].startswith("Input."):
            yield from _element(item)
    ways = tuple(_button(each) for each in buttons(box) if each["data"]["jpd"]["verb"] == "press")
    if found is not None:
        yield Inputs(found, found.submit, ways)


def _whole(text: str) -> str:
    """Return the text without the sign that nobody sees, by which `{{DATE(…)}}` is broken up."""
    return text.replace("{\u200b", "{")


def _run(run: Json) -> str:
    text = escape(_whole(run["text"]))
    if run.get("weight") == "Bolder" and text.strip():
        text = f"**{text}**"
    if run.get("italic") and text.strip():
        text = f"*{text}*"
    link = (run.get("selectAction") or {}).get("url")
    return f"[{text}]({link})" if link else text


def _cells(row: Json) -> tuple[str, ...]:
    return tuple(_words(cell["items"][0]) for cell in row["cells"])


def _words(item: Json) -> str:
    return str(item["text"]) if "text" in item else "".join(_whole(run["text"]) for run in item["inlines"])


def _button(action: Json) -> Button:
    """Return a button. Raises `ValueError` for a text that `adapters.chat.actions` did not write."""
    primary = action.get("style") == "positive"
    return Button(action["title"], decode(action["data"]["jpd"]["press"]), primary)


# --- forms ----------------------------------------------------------------------------------------------------------


def _input(field: Json) -> Input:
    options = [(each["value"], each["title"]) for each in field.get("choices", ())]
    kind = _kind(field, [value for value, _ in options])
    value = str(field.get("value", ""))
    question = Question(
        key=field["id"],
        kind=kind,
        label=field["label"],
        needed=field["isRequired"],
        limit=field.get("maxLength", 500),
        options=tuple(Option(key, label) for key, label in options),
    )
    return Input(question, value.replace(",", ";") if kind is Kind.MANY else value)


def _with_errors(fields: tuple[Input, ...], card: Json) -> tuple[Input, ...]:
    """Return the inputs with the red text below each as its error; `errorMessage` is only for an empty input."""
    wrong: dict[str, str] = {}
    key = ""
    for item in _in_order(card):
        if item["type"].startswith("Input."):
            key = item["id"]
        elif "Attention" in (item.get("color"), (item.get("inlines") or [{}])[0].get("color")):
            wrong[key] = _words(item)
    return tuple(Input(each.question, each.value, wrong.get(each.question.key, "")) for each in fields)


def _in_order(item: Any) -> Iterator[Json]:
    match item:
        case {"type": str(kind)} if kind.startswith("Input.") or kind in ("TextBlock", "RichTextBlock"):
            yield item
        case dict():
            for each in item.values():
                yield from _in_order(each)
        case list():
            for each in item:
                yield from _in_order(each)
        case _:
            pass


def _kind(field: Json, options: list[str]) -> Kind:
    match field["type"]:
        case "Input.Text":
            return Kind.LONG if field["isMultiline"] else Kind.SHORT
        case "Input.ChoiceSet" if field["isMultiSelect"]:
            return Kind.MANY
        case "Input.ChoiceSet":
            return Kind.SCALE if options == _SCALE else Kind.ONE
        case "Input.Date":
            return Kind.DATE
        case "Input.Time":
            return Kind.TIME
        case unknown:
            raise ValueError(f"nothing of ours: {unknown}")


def shown(card: object) -> str:
    """Return a whole card as text, to search in it."""
    return json.dumps(card, ensure_ascii=False)
