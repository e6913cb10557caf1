"""Slack's JSON read back as the neutral message that its reader sees."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from adapters.chat.actions import decode
from adapters.chat.texts import units
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
    Message,
    Quote,
    Table,
    Text,
)
from bot.model import Kind, Option, Question
from tests.platforms.slack.world import Line, Upload

Json: TypeAlias = Mapping[str, Any]

QUOTE = 3_000
"""The length from which a person's text stands in several quotes, one after another."""
_SCALE = ["1", "2", "3", "4", "5"]
_MARK = re.compile(
    r"<(?P<href>[^<>|\s][^<>|]*)(?:\|(?P<label>[^<>]*))?>"
    r"|(?<!\w)\*(?P<bold>\S(?:[^*\n]*\S)?)\*(?!\w)"
    r"|(?<!\w)_(?P<italic>\S(?:[^_\n]*\S)?)_(?!\w)"
    r"|(?<!\w)`(?P<code>[^`\n]+)`(?!\w)"
)
"""The places where Slack reads marks: beside white space and signs."""
_BULLET = re.compile(r"( *)• ")
_READ = re.compile(r"[\\`*_\[\]<>]|&(?=[#\w])")
"""The characters that Markdown reads anywhere in a line."""
_NUMBER = re.compile(r"^(\d{1,9})([.)])")
_LINE_END = re.compile(r"\r\n?|[\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")


def message(payload: Json) -> Message:
    """Return the message that `chat.postMessage`, a response URL or a home view shows."""
    blocks = payload.get("blocks") or []
    elements = tuple(_elements(blocks))
    summary = _unescaped(str(payload.get("text") or ""))
    if not blocks and payload.get("text"):
        elements = (Text(_markdown(str(payload["text"]))),)
    return Message(summary, elements)


def line(shown: Line, files: Iterable[Upload] = ()) -> Message:
    """Return a line of a conversation as a message, with its files."""
    said, by_id = message(shown.payload), {file.id: file for file in files}
    attached = tuple(
        File(file.name, "application/json" if file.name.endswith(".json") else "", file.content or b"")
        for file in (by_id[each] for each in shown.files if each in by_id)
    )
    return Message(said.summary, (*said.elements, *attached))


def form(
    view: Json, errors: Mapping[str, str] | None = None, values: Mapping[str, str] | None = None
) -> Form:
    """Return a modal as a form; `errors` and typed `values` by block, as in the fake's `Modal`."""
    wrong, typed = errors or {}, values or {}
    blocks: Sequence[Json] = view["blocks"]
    intro = "\n\n".join(
        md
        for block in blocks
        if block["type"] != "input"
        for element in _elements([block])
        if isinstance(element, Text) and (md := element.md)
    )
    inputs = tuple(_input(block, wrong, typed) for block in blocks if block["type"] == "input")
    return Form(
        name=view.get("callback_id", ""),
        context=view.get("private_metadata", ""),
        title=view["title"]["text"],
        intro=intro,
        inputs=inputs,
        submit=view["submit"]["text"] if view.get("submit") else "",
    )


def buttons(payload: Json) -> Iterator[tuple[Button, str]]:
    """Yield every button of a message or home view, with its action id."""
    for block in payload.get("blocks") or []:
        for each in _pressable(block):
            yield _button(each), str(each["action_id"])


# --- elements -------------------------------------------------------------------------------------------------------


def _elements(blocks: Sequence[Json]) -> Iterator[Element]:
    """Yield the elements; a plain small line right above a quote is its author."""
    by = ""
    for kind, some in groupby(enumerate(blocks), lambda each: each[1]["type"] == "rich_text"):
        run = list(some)
        if kind:
            yield from _quotes([block for _, block in run], by)
            by = ""
            continue
        quoted = run[-1][0] + 1 < len(blocks)
        by = _small_plain(run[-1][1]) if quoted else ""
        for _, block in run[: -1 if by else None]:
            yield from _element(block)


def _small_plain(block: Json) -> str:
    if block["type"] == "context" and [each["type"] for each in block["elements"]] == ["plain_text"]:
        return str(block["elements"][0]["text"])
    return ""


def _quotes(blocks: Sequence[Json], by: str) -> Iterator[Quote]:
    """Join quotes that would not have fitted into one."""
    parts: list[str] = []
    for block in blocks:
        words = "".join(each["text"] for part in block["elements"] for each in part["elements"])
        if parts and units(parts[-1][-QUOTE:]) + units(words) > QUOTE:
            parts[-1] += words
        else:
            parts.append(words)
    for number, words in enumerate(parts):
        yield Quote(words, "" if number else by)


def _element(block: Json) -> Iterator[Element]:
    match block:
        case {"type": "header", "text": {"text": str(text)}}:
            yield Heading(text)
        case {"type": "section", "fields": list(fields)}:
            yield Fields(tuple(_field(each) for each in fields))
        case {"type": "section", "text": dict(text)}:
            yield Text(_text(text))
        case {"type": "context", "elements": list(elements)}:
            for each in elements:
                yield Text(_text(each), small=True)
        case {"type": "image", "alt_text": str(alt)}:
            yield Text(_literal(alt), small=True)
        case {"type": "divider"}:
            yield Divider()
        case {"type": "table", "rows": [header, *rows]}:
            yield Table(_cells(header), tuple(_cells(row) for row in rows))
        case {"type": "actions"}:
            pass
        case _:
            raise ValueError(f"nothing of ours: {block.get('type')}")
    if found := tuple(_button(each) for each in _pressable(block)):
        yield Buttons(found)


def _pressable(block: Json) -> list[Json]:
    elements = block["elements"] if block["type"] == "actions" else [block.get("accessory") or {}]
    return [each for each in elements if each.get("type") == "button"]


def _button(button: Json) -> Button:
    """Return a button. Raises `ValueError` for a text that `adapters.chat.actions` did not write."""
    return Button(button["text"]["text"], decode(button["value"]), button.get("style") == "primary")


def _cells(row: Sequence[Json]) -> tuple[str, ...]:
    return tuple(cell["text"] for cell in row)


def _field(text: Json) -> tuple[str, str]:
    """Return a label and its value as plain text."""
    label, _, value = _words(text).partition("\n")
    return label.strip(), value


def _words(text: Json) -> str:
    """Return a text object as plain text, without its marks."""
    if text["type"] != "mrkdwn":
        return str(text["text"])
    return "".join(
        _words({"type": "mrkdwn", "text": inside}) if inside else _unescaped(plain)
        for plain, inside, _ in _runs(text["text"])
    )


# --- texts ----------------------------------------------------------------------------------------------------------


def _text(text: Json) -> str:
    if text["type"] == "mrkdwn":
        return _markdown(text["text"])
    return _literal(text["text"])


def _markdown(mrkdwn: str) -> str:
    """Return Slack's marks as Markdown."""
    return _lines(_marked(mrkdwn))


def _literal(text: str) -> str:
    """Return literal text as Markdown."""
    return _lines(_escaped(text))


def _runs(mrkdwn: str) -> Iterator[tuple[str, str, re.Match[str] | None]]:
    """Return plain text, or the text within a mark."""
    end = 0
    for mark in _MARK.finditer(mrkdwn):
        yield mrkdwn[end : mark.start()], "", None
        inside = mark["label"] or mark["href"] or mark["bold"] or mark["italic"]
        yield (mark["code"], "", mark) if mark["code"] else ("", inside, mark)
        end = mark.end()
    yield mrkdwn[end:], "", None


def _marked(mrkdwn: str) -> str:
    found = ""
    for plain, inside, mark in _runs(mrkdwn):
        if mark is None:
            found += _escaped(_unescaped(plain))
        elif mark["code"]:
            found += f"`{_unescaped(plain)}`"
        elif mark["href"]:
            found += _link(mark["href"], inside)
        else:
            sign = "**" if mark["bold"] else "*"
            found += f"{sign}{_marked(inside)}{sign}"
    return found


def _link(href: str, label: str) -> str:
    """Return a link; marks that only Slack reads (`<!channel>`, `<@U1>`) are shown as written."""
    if href[0] in "!@#":
        return _escaped(f"<{href}>")
    address = _unescaped(href).replace("<", "%3C").replace(">", "%3E").replace("\\", "\\\\")
    return f"[{_marked(label) if label != href else _escaped(_unescaped(label))}](<{address}>)"


def _unescaped(text: str) -> str:
    return text.replace("\u200b", "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _escaped(text: str) -> str:
    """Return Markdown that shows exactly this text, with its line ends and as few backslashes as possible."""
    visible = "".join(
        sign for sign in text if sign.isspace() or unicodedata.category(sign) not in {"Cc", "Cs"}
    )
    return _READ.sub(r"\\\g<0>", visible)


def _lines(md: str) -> str:
    """Return line ends as Markdown keeps them, and bullets as lists."""
    found: list[str] = []
    in_list = False
    for line in _LINE_END.split(md):
        bullet = _BULLET.match(line)
        if bullet:
            line = f"{bullet[1] if in_list else ''}- {_unread(line[bullet.end() :].strip())}".rstrip()
        else:
            line = _unread(line.strip())
        if found and found[-1] and line and not bullet:
            found[-1] += "\\"
        in_list = bool(bullet) or (in_list and bool(line))
        found.append(line)
    return "\n".join(found).strip("\n")


def _unread(line: str) -> str:
    """Escape a line so that it begins no heading, list, fence or rule."""
    if line[:1] in tuple("#-+~="):
        return f"\\{line}"
    return _NUMBER.sub(r"\1\\\2", line)


# --- forms ----------------------------------------------------------------------------------------------------------


def _input(block: Json, errors: Mapping[str, str], values: Mapping[str, str]) -> Input:
    element, key = block["element"], block["block_id"]
    options = [(each["value"], each["text"]["text"]) for each in element.get("options", ())]
    kind = _kind(element, [value for value, _ in options])
    question = Question(
        key=key,
        kind=kind,
        label=block["label"]["text"],
        hint=block["hint"]["text"] if "hint" in block else "",
        needed=not block.get("optional", False),
        limit=element.get("max_length", 500),
        options=tuple(_options(kind, options)),
    )
    return Input(question, values.get(key, _value(element)), errors.get(key, ""))


def _kind(element: Json, options: Sequence[str]) -> Kind:
    match element["type"]:
        case "plain_text_input":
            return Kind.LONG if element.get("multiline") else Kind.SHORT
        case "radio_buttons" | "static_select":
            return Kind.SCALE if options == _SCALE else Kind.ONE
        case "checkboxes" | "multi_static_select":
            return Kind.MANY
        case "datepicker":
            return Kind.DATE
        case "timepicker":
            return Kind.TIME
        case unknown:
            raise ValueError(f"nothing of ours: {unknown}")


def _options(kind: Kind, options: Sequence[tuple[str, str]]) -> Iterator[Option]:
    """Return the options; of a scale only the numbers with labels."""
    for value, label in options:
        if kind is not Kind.SCALE:
            yield Option(value, label)
        elif label != value:
            yield Option(value, label.removeprefix(f"{value} – "))


def _value(element: Json) -> str:
    for name in ("initial_value", "initial_date", "initial_time"):
        if name in element:
            return str(element[name])
    if "initial_option" in element:
        return str(element["initial_option"]["value"])
    return ";".join(each["value"] for each in element.get("initial_options", ()))
