"""Messages and forms as Adaptive Cards 1.5, within Teams' limits; text that people typed is never read as Markdown.

A picture needs an HTTPS address, or else its alternative text is shown. A file is its name, and offered after the card.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from adapters.chat.actions import encode
from adapters.chat.choices import choices, chosen, is_date, is_time
from adapters.chat.fitting import cut_to_one, parts
from adapters.chat.markdown import Run
from adapters.chat.texts import MORE, cut, pieces, units
from adapters.teams.card_text import TEXT, Json, literal, markdown, plain, without_functions
from adapters.teams.cards import DATA, actions, with_older_actions
from bot.events import Opened
from bot.message import (
    Button,
    Buttons,
    Divider,
    Element,
    Fields,
    File,
    Form,
    Heading,
    Image,
    Input,
    Inputs,
    Message,
    Quote,
    Table,
    Text,
)
from bot.model import Kind, Question

CARD_BYTES = 25_000
"""The bytes of a card's body in UTF-16, so that the whole activity stays under 28 KB.

Teams takes 100 KB of a bot, but 28 KB on the older ways that a message may go.

Source: https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-your-bot-messages
"""
INLINE_FORM_BYTES = 16_000
"""The bytes of an inline form; a larger form opens by a button."""
INLINE_INPUTS = 3
"""The inputs of an inline form."""
SUMMARY = 500
LABEL_CHARACTERS = 75
VALUE = 3_000
CHOICES_IN_SIGHT = 10
NO_PICTURES: Mapping[Image, str] = MappingProxyType({})


def message(said: Message, pictures: Mapping[Image, str] = NO_PICTURES) -> Json:
    """Return the message in one card, cut where it would be too large, with its pictures that have an address."""
    return _card(
        _cut_to_size(_body(said, pictures), CARD_BYTES) or [plain(said.summary or MORE)], said.summary
    )


def messages(
    said: Message, pictures: Mapping[Image, str] = NO_PICTURES, *, most: int | None = None
) -> tuple[Json, ...]:
    """Return the whole message, in as many cards as it takes; of `most` the last one is cut."""
    split = parts(_body(said, pictures), _bytes, budget=CARD_BYTES) or [[]]
    if most is not None and len(split) > most:
        split = [*split[: most - 1], [item for part in split[most - 1 :] for item in part]]
    return tuple(
        _card(_cut_to_size(part, CARD_BYTES) or [plain(said.summary or MORE)], said.summary) for part in split
    )


def more() -> Json:
    """Return a card that holds only the sign that there is more elsewhere."""
    return _card([plain(MORE)], MORE)


def _body(said: Message, pictures: Mapping[Image, str]) -> list[Json]:
    return [item for element in said.elements for item in _items(element, pictures)]


def form(asked: Form) -> Json:
    """Return the whole form in a card of its own."""
    title = plain(asked.title, style="heading", size="Large", weight="Bolder")
    return _card([title, *_form(asked, ())], asked.title)


def is_long(asked: Form) -> bool:
    """Tell whether the form is too long for a card in the chat."""
    items = _form(asked, ())
    return len(asked.inputs) > INLINE_INPUTS or _bytes({"items": items}) > INLINE_FORM_BYTES


def opener(asked: Form, in_a_dialog: str, here: str) -> Json:
    """Return a card with two buttons for a long form: a dialog, and a card for clients without dialogs.

    `in_a_dialog`, `here`: the labels of the buttons.
    """
    press = encode(Opened(asked.name, asked.context))
    fetch: Json = {
        "type": "Action.Submit",
        "title": cut(in_a_dialog, LABEL_CHARACTERS),
        "data": {"msteams": {"type": "task/fetch"}, DATA: {"verb": "press", "press": press}},
        "associatedInputs": "None",
        "style": "positive",
    }
    stay = _execute(here, "press", {"press": press, "here": True}, primary=False, inputs="None")
    title = plain(asked.title, style="heading", size="Large", weight="Bolder")
    return _card([title, *markdown(asked.intro), _actions([fetch, stay])], asked.title)


def dialog(asked: Form, ref: str) -> Json:
    """Return the form for a dialog, which shows the title itself and knows only the older actions.

    `ref`: the message from which the dialog is opened.
    """
    card = _card(_form(asked, ()), asked.title)
    for action in actions(card):
        action["data"][DATA]["ref"] = ref
    with_fallbacks: Json = with_older_actions(card)
    return with_fallbacks


def _card(body: list[Json], summary: str) -> Json:
    return {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.5",
        "fallbackText": cut(summary, SUMMARY),
        "body": body,
    }


# --- elements -------------------------------------------------------------------------------------------------------


def _items(element: Element, pictures: Mapping[Image, str]) -> list[Json]:
    match element:
        case Heading(text):
            return [plain(text, style="heading", size="Large", weight="Bolder")] if text.strip() else []
        case Text(md, small):
            return markdown(md, small=small)
        case Quote(text, by):
            return _quote(text, by)
        case Fields(items):
            return [_fields(items)] if items else []
        case Divider():
            return [{"type": "Container", "separator": True, "items": []}]
        case Buttons(items):
            return [_actions([_press(each) for each in items])] if items else []
        case Inputs():
            return _inputs(element)
        case Image(_, alt):
            return [_picture(pictures[element], alt)] if element in pictures else [plain(alt, small=True)]
        case Table(header, rows):
            return [_table(header, rows)]
        case File(name):
            return [plain(name, small=True)]
        case _:
            assert_never(element)


def _quote(text: str, by: str) -> list[Json]:
    if not text.strip():
        return []
    title = [literal((Run(by),), small=True)] if by.strip() else []
    return [
        {"type": "Container", "style": "emphasis", "items": [*title, literal((Run(piece),))]}
        for piece in pieces(text, TEXT)
        if piece.strip()
    ]


def _fields(items: Sequence[tuple[str, str]]) -> Json:
    """Return a fact set; a container if a text contains Markdown characters, because clients parse facts."""
    pairs = [(plain(label), plain(value)) for label, value in items]
    if all(block["type"] == "TextBlock" for pair in pairs for block in pair):
        return {"type": "FactSet", "facts": [{"title": a["text"], "value": b["text"]} for a, b in pairs]}
    lines = [literal((Run(label, bold=True), Run(f" {value}"))) for label, value in items]
    return {"type": "Container", "items": lines}


def _picture(url: str, alt: str) -> Json:
    return {
        "type": "Image",
        "url": url,
        "altText": cut(alt, TEXT),
        "size": "Stretch",
        "msteams": {"allowExpand": True},
    }


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Json:
    """Return a table, with lines of text for clients that have no tables."""
    lines = [header, *rows]
    columns = max(len(line) for line in lines)
    return {
        "type": "Table",
        "columns": [{"width": 1} for _ in range(columns)],
        "rows": [{"type": "TableRow", "cells": [_cell(text) for text in line]} for line in lines],
        "firstRowAsHeader": True,
        "fallback": {"type": "Container", "items": [plain(" – ".join(line)) for line in lines]},
    }


def _cell(text: str) -> Json:
    return {"type": "TableCell", "items": [plain(text)]}


# --- buttons --------------------------------------------------------------------------------------------------------


def _actions(actions: Sequence[Json]) -> Json:
    return {"type": "ActionSet", "actions": list(actions)}


def _press(button: Button) -> Json:
    """Return an action without inputs, so that a required input never blocks a button beside the form."""
    data = {"press": encode(button.does)}
    return _execute(button.label, "press", data, primary=button.primary, inputs="None")


def _submit(asked: Form) -> Json:
    """Return the action that sends a form.

    It names the inputs that take several options: Teams joins their keys by commas, which also stand in typed text.
    """
    many = [each.question.key for each in asked.inputs if each.question.kind is Kind.MANY]
    data: Json = {"form": asked.name, "context": asked.context, **({"many": many} if many else {})}
    return _execute(asked.submit, "submit", data, primary=True, inputs="Auto")


def _execute(label: str, verb: str, data: Json, *, primary: bool, inputs: str) -> Json:
    """Return a universal action, with the older action for other clients; both carry the same data."""
    shared: Json = {
        "title": cut(label, LABEL_CHARACTERS),
        "data": {DATA: {"verb": verb, **data}},
        "associatedInputs": inputs,
        **({"style": "positive"} if primary else {}),
    }
    return {"type": "Action.Execute", "verb": verb, **shared, "fallback": {"type": "Action.Submit", **shared}}


# --- inputs ---------------------------------------------------------------------------------------------------------


def _inputs(element: Inputs) -> list[Json]:
    inline: Json = {"type": "Container", "items": _form(element.form, element.buttons)}
    if len(element.form.inputs) <= INLINE_INPUTS and _bytes(inline) <= INLINE_FORM_BYTES:
        return [inline]
    opens = Button(element.open_label, Opened(element.form.name, element.form.context), primary=True)
    return [*markdown(element.form.intro), _actions([_press(each) for each in (opens, *element.buttons)])]


def _form(asked: Form, buttons: Sequence[Button]) -> list[Json]:
    items = markdown(asked.intro)
    for each in asked.inputs:
        items += _input(each)
    return [*items, _actions([_submit(asked), *map(_press, buttons)])]


def _input(asked: Input) -> list[Json]:
    question = asked.question
    fault = {"errorMessage": cut(without_functions(asked.error), TEXT)} if asked.error else {}
    field = {
        "id": question.key,
        "label": cut(without_functions(question.label), TEXT),
        "isRequired": question.needed,
        **fault,
        **_kind(question, asked.value),
    }
    hint = [plain(question.hint, small=True)] if question.hint else []
    error = [plain(asked.error, color="Attention")] if asked.error else []
    return [field, *hint, *error]


def _kind(question: Question, value: str) -> Json:
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            longest = max(1, question.limit)
            initial: Json = {"value": cut(value, min(longest, VALUE))} if value else {}
            return {
                "type": "Input.Text",
                "isMultiline": question.kind is Kind.LONG,
                "maxLength": longest,
                **initial,
            }
        case Kind.ONE | Kind.SCALE | Kind.MANY:
            return _choice_set(question, value)
        case Kind.DATE:
            return {"type": "Input.Date", **({"value": value} if is_date(value) else {})}
        case Kind.TIME:
            return {"type": "Input.Time", **({"value": value[:5]} if is_time(value) else {})}
        case _:
            assert_never(question.kind)


def _choice_set(question: Question, value: str) -> Json:
    """Return a choice set; Teams joins several keys by commas, where the core joins them by semicolons."""
    options = choices(question)
    picked = [option.key for option in options if option.key in chosen(value)]
    return {
        "type": "Input.ChoiceSet",
        "style": "expanded" if len(options) <= CHOICES_IN_SIGHT else "compact",
        "isMultiSelect": question.kind is Kind.MANY,
        "wrap": True,
        "choices": [
            {"title": cut(without_functions(option.label), TEXT), "value": option.key} for option in options
        ],
        **({"value": ",".join(picked)} if picked else {}),
    }


# --- size -----------------------------------------------------------------------------------------------------------


def _bytes(item: Json) -> int:
    return 2 * units(json.dumps(item, ensure_ascii=False) + ", ")


def _cut_to_size(body: Sequence[Json], limit: int) -> list[Json]:
    """Keep what fits: buttons and forms first, then the rest in order, with `…` where something is left out."""
    return cut_to_one(body, _bytes, plain(MORE), budget=limit, most=len(body) + 1, is_kept=_is_action)


def _is_action(item: Json) -> bool:
    return item["type"] == "ActionSet" or any(map(_is_action, item.get("items", ())))
