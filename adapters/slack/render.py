"""Messages as Block Kit and forms as modals, within Slack's limits; text that people typed is never parsed.

A picture is an uploaded file, or else its alternative text. A file is shown as its name and posted after the message.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any, TypeAlias, TypeVar, assert_never

from adapters.chat.actions import encode
from adapters.chat.choices import choices, chosen, is_date, is_time
from adapters.chat.fitting import cut_to_one, parts
from adapters.chat.texts import MORE, cut, pieces, units
from adapters.slack import limits
from adapters.slack.mrkdwn import escape, field, plain, texts
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

Json: TypeAlias = dict[str, Any]
T = TypeVar("T")

VALUE = "value"
"""The action id of every input; the id of its block is the question's key."""
_CHOICES = (Kind.ONE, Kind.MANY)
"""The kinds of question that Slack refuses without options."""
_END = 4
"""The last blocks, with the buttons, which stay when blocks in the middle are left out."""


NO_PICTURES: Mapping[Image, str] = MappingProxyType({})


def message(said: Message, pictures: Mapping[Image, str] = NO_PICTURES) -> Json:
    """Return the arguments of `chat.postMessage`; notifications and screen readers use `text`.

    `pictures`: the ids of the uploaded files.
    """
    blocks = _cut(_all_blocks(said, pictures), limits.MESSAGE_BLOCKS, limits.MESSAGE)
    return {"text": _summary(said), "blocks": blocks}


def messages(
    said: Message, pictures: Mapping[Image, str] = NO_PICTURES, *, most: int | None = None
) -> tuple[Json, ...]:
    """Return the whole message, as the arguments of as many calls as it takes; of `most` the last one is cut."""
    split = parts(_all_blocks(said, pictures), _size, budget=limits.MESSAGE, most=limits.MESSAGE_BLOCKS)
    if most is not None and len(split) > most:
        rest = [block for part in split[most - 1 :] for block in part]
        split = [*split[: most - 1], _cut(rest, limits.MESSAGE_BLOCKS, limits.MESSAGE)]
    return tuple({"text": _summary(said), "blocks": part} for part in split)


def without_pictures(arguments: Mapping[str, Any]) -> Json:
    """Return the arguments with the text of each picture in its place."""
    blocks = [
        each if block["type"] == "image" else block
        for block in arguments["blocks"]
        for each in (_small_text(block["alt_text"]) if block["type"] == "image" else [block])
    ]
    return {**arguments, "blocks": blocks}


def fits(said: Message) -> bool:
    """Tell whether Slack takes the whole message in one call."""
    return len(messages(said)) == 1


def more() -> Json:
    """Return the arguments of a message that holds only the sign that there is more elsewhere."""
    return {"text": MORE, "blocks": [_context(plain(MORE, limits.CONTEXT))]}


def shown_plainly(said: Message, sentence: str) -> Json:
    """Return the message's summary without any blocks, and a sentence after it."""
    return {"text": f"{_summary(said)}\n{escape(sentence)}"}


def _summary(said: Message) -> str:
    return escape(cut(said.summary, limits.TEXT // 5))  # `&` becomes five characters


def home(said: Message) -> Json:
    """Return the view of a person's home tab."""
    return {"type": "home", "blocks": _cut(_all_blocks(said, NO_PICTURES), limits.VIEW_BLOCKS)}


def json_text(value: object) -> str:
    """Return JSON for a field of a form."""
    return json.dumps(value, ensure_ascii=False)


def _all_blocks(said: Message, pictures: Mapping[Image, str]) -> list[Json]:
    numbers = count(1)
    blocks = [block for element in said.elements for block in _blocks(element, numbers, pictures)]
    return _one_table(blocks) or [_section(plain(said.summary, limits.TEXT))]


def view(form: Form) -> Json:
    """Return the modal, without errors: Slack takes those in the answer to a submission."""
    blocks = [_section(text) for text in texts(form.intro, limits.TEXT)]
    blocks += [
        _input(each) for each in form.inputs if each.question.kind not in _CHOICES or choices(each.question)
    ]
    blocks = blocks or [_section(plain(form.title, limits.TEXT))]
    return {
        "type": "modal",
        "callback_id": cut(form.name, limits.ID),
        "private_metadata": cut(form.context, limits.METADATA),
        "title": plain(form.title, limits.TITLE),
        "submit": plain(form.submit, limits.TITLE),
        "blocks": _cut(blocks, limits.VIEW_BLOCKS),
    }


def errors(form: Form) -> dict[str, str]:
    """Return the errors by block, as `response_action: errors` takes them."""
    return {cut(each.question.key, limits.ID): each.error for each in form.inputs if each.error}


# --- elements -------------------------------------------------------------------------------------------------------


def _blocks(element: Element, numbers: Iterator[int], pictures: Mapping[Image, str]) -> list[Json]:
    match element:
        case Heading(text):
            return [{"type": "header", "text": plain(text, limits.HEADER)}] if text.strip() else []
        case Text(md, small):
            return _text(md, small=small)
        case Quote(text, by):
            return [
                *_small_text(by),
                *(_quote(piece) for piece in pieces(text, limits.TEXT) if piece.strip()),
            ]
        case Fields(items):
            return _fields(items)
        case Divider():
            return [{"type": "divider"}]
        case Buttons(items):
            return _actions(items, numbers)
        case Inputs(form, open_label, buttons):
            opens = Button(open_label, Opened(form.name, form.context), primary=True)
            return [*_text(form.intro, small=False), *_actions((opens, *buttons), numbers)]
        case Image(_, alt):
            return _image(pictures[element], alt) if element in pictures else _small_text(alt)
        case Table(header, rows):
            return _table(header, rows)
        case File(name):
            return _small_text(name)
        case _:
            assert_never(element)


def _section(text: Json) -> Json:
    return {"type": "section", "text": text}


def _context(text: Json) -> Json:
    return {"type": "context", "elements": [text]}


def _text(md: str, *, small: bool) -> list[Json]:
    if small:
        return [_context(text) for text in texts(md, limits.CONTEXT)]
    return [_section(text) for text in texts(md, limits.TEXT)]


def _small_text(text: str) -> list[Json]:
    return [_context(plain(piece, limits.CONTEXT)) for piece in pieces(text, limits.CONTEXT) if piece.strip()]


def _image(file_id: str, alt: str) -> list[Json]:
    return [{"type": "image", "slack_file": {"id": file_id}, "alt_text": cut(alt, limits.ALT) or MORE}]


def _quote(text: str) -> Json:
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [quote]}


def _fields(items: Sequence[tuple[str, str]]) -> list[Json]:
    fields = [field(label, value, limits.FIELD) for label, value in items]
    rows = parts(fields, _size, budget=limits.MESSAGE // 2, most=limits.FIELDS)
    return [{"type": "section", "fields": row} for row in rows]


def _actions(buttons: Sequence[Button], numbers: Iterator[int]) -> list[Json]:
    elements = [_button(button, next(numbers)) for button in buttons]
    return [{"type": "actions", "elements": row} for row in _in_rows(elements, limits.BUTTONS)]


def _button(button: Button, number: int) -> Json:
    style = {"style": "primary"} if button.primary else {}
    return {
        "type": "button",
        "text": plain(button.label, limits.BUTTON_LABEL),
        "action_id": f"press-{number}",
        "value": encode(button.does),
        **style,
    }


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[Json]:
    """Return a table within Slack's limits, or else its rows as lines of text."""
    lines = [header, *rows]
    characters = sum(units(cell) for line in lines for cell in line)
    columns = {len(line) for line in lines}
    is_small = characters <= limits.TABLE_CHARACTERS and len(lines) <= limits.TABLE_ROWS
    if is_small and len(columns) == 1 and 0 < len(header) <= limits.TABLE_COLUMNS:
        table = {"type": "table", "rows": [[_cell(text) for text in line] for line in lines]}
        if _size(table) <= limits.MESSAGE:
            return [table]
    text = "\n".join(" – ".join(line) for line in lines)
    return [_section(plain(piece, limits.TEXT)) for piece in pieces(text, limits.TEXT) if piece.strip()]


def _cell(text: str) -> Json:
    return {"type": "raw_text", "text": text if text.strip() else "–"}


def _one_table(blocks: Sequence[Json]) -> list[Json]:
    """Keep the first table, because Slack takes one a message, and turn the others into sections."""
    kept: list[Json] = []
    for block in blocks:
        if block["type"] == "table" and any(each["type"] == "table" for each in kept):
            text = "\n".join(" – ".join(cell["text"] for cell in row) for row in block["rows"])
            kept += [_section(plain(piece, limits.TEXT)) for piece in pieces(text, limits.TEXT)]
        else:
            kept.append(block)
    return kept


# --- inputs ---------------------------------------------------------------------------------------------------------


def _input(asked: Input) -> Json:
    question = asked.question
    hint = {"hint": plain(question.hint, limits.INPUT_LABEL)} if question.hint.strip() else {}
    return {
        "type": "input",
        "block_id": cut(question.key, limits.ID),
        "label": plain(question.label, limits.INPUT_LABEL),
        "element": {"action_id": VALUE, **_element(question, asked.value)},
        "optional": not question.needed,
        **hint,
    }


def _element(question: Question, value: str) -> Json:
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            longest = max(1, min(question.limit, limits.INPUT_LENGTH))
            initial = {"initial_value": cut(value, longest)} if value else {}
            multiline = question.kind is Kind.LONG
            return {"type": "plain_text_input", "multiline": multiline, "max_length": longest, **initial}
        case Kind.ONE | Kind.SCALE:
            return _one(question, value)
        case Kind.MANY:
            return _many(question, value)
        case Kind.DATE:
            return {"type": "datepicker", **({"initial_date": value} if is_date(value) else {})}
        case Kind.TIME:
            return {"type": "timepicker", **({"initial_time": value[:5]} if is_time(value) else {})}
        case _:
            assert_never(question.kind)


def _one(question: Question, value: str) -> Json:
    options = _options(question)
    initial = next((option for option in options if option["value"] == value), None)
    kind = "radio_buttons" if len(options) <= limits.OPTIONS_IN_SIGHT else "static_select"
    return {"type": kind, "options": options, **({"initial_option": initial} if initial else {})}


def _many(question: Question, value: str) -> Json:
    options = _options(question)
    initial = [option for option in options if option["value"] in chosen(value)]
    kind = "checkboxes" if len(options) <= limits.OPTIONS_IN_SIGHT else "multi_static_select"
    return {"type": kind, "options": options, **({"initial_options": initial} if initial else {})}


def _options(question: Question) -> list[Json]:
    return [
        {"text": plain(option.label, limits.OPTION_LABEL), "value": cut(option.key, limits.OPTION_VALUE)}
        for option in choices(question)[: limits.OPTIONS]
    ]


# --- limits ---------------------------------------------------------------------------------------------------------


def _in_rows(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def _cut(blocks: list[Json], most: int, budget: int = 10**9) -> list[Json]:
    """Keep the buttons, the last blocks and the first, with `…` for blocks that are left out."""
    more = _context(plain(MORE, limits.CONTEXT))
    last = blocks[-_END:]
    return cut_to_one(
        blocks,
        _size,
        more,
        budget=budget,
        most=most,
        is_kept=lambda block: block["type"] == "actions" or any(block is each for each in last),
    )


def _size(block: Json) -> int:
    """Return the characters of a block as JSON."""
    return units(json_text(block)) + 2
