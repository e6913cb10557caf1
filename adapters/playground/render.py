"""Messages and forms as HTML. Every text is escaped, so that nothing in it is read as a tag.

Ids are unique within one message; the page puts the line's number before them.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from html import escape
from typing import assert_never

from adapters.chat import charts
from adapters.chat.actions import encode
from adapters.chat.choices import choices, chosen
from adapters.chat.markdown import Block, Listing, Paragraph, Run, parse
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


def message(said: Message) -> str:
    """Return the whole message."""
    return "".join(map(_element, said.elements)) or _tag("p", escape(said.summary))


def form(asked: Form, buttons: Sequence[Button] = ()) -> str:
    """Return the form; buttons that skip it stand in the row of its submit button."""
    intro = _tag("div", _markdown(asked.intro), class_="intro") if asked.intro else ""
    fields = _tag("div", intro + "".join(map(_field, asked.inputs)), class_="fields")
    submit = _tag("button", escape(asked.submit), type="submit", class_="primary")
    row = _tag("div", submit + "".join(map(_button, buttons)), class_="row")
    attributes = {"data-form": asked.name, "data-context": asked.context, "aria-label": asked.title}
    return _tag("form", fields + row, class_="fill", novalidate=True, **attributes)


def words(text: str) -> str:
    """Return a text exactly as a person typed it."""
    return _tag("p", escape(text), class_="typed")


# --- elements -------------------------------------------------------------------------------------------------------


def _element(element: Element) -> str:
    match element:
        case Heading(text):
            return _tag("h3", escape(text))
        case Text(md, small):
            return _tag("div", _markdown(md), class_="small") if small else _markdown(md)
        case Quote(text, by):
            title = _tag("figcaption", escape(by)) if by else ""
            return _tag("figure", title + _tag("blockquote", escape(text)), class_="quote")
        case Fields(items):
            pairs = "".join(_tag("dt", escape(label)) + _tag("dd", escape(value)) for label, value in items)
            return _tag("dl", pairs) if items else ""
        case Divider():
            return "<hr>"
        case Buttons(items):
            return _tag("div", "".join(map(_button, items)), class_="row")
        case Inputs(asked, _, buttons):
            return form(asked, buttons)
        case Image(chart, alt):
            picture = _data("image/svg+xml", charts.svg(chart).encode())
            return _void(
                "img", class_="chart", src=picture, alt=alt, width=charts.WIDTH, height=charts.HEIGHT
            )
        case Table(header, rows):
            return _table(header, rows)
        case File(name, media_type, content):
            return _tag(
                "p", _tag("a", escape(name), class_="file", download=name, href=_data(media_type, content))
            )
        case _:
            assert_never(element)


def _button(button: Button) -> str:
    primary = {"class_": "primary"} if button.primary else {}
    return _tag(
        "button", escape(button.label), type="button", **primary, **{"data-press": encode(button.does)}
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = _tag("tr", "".join(_tag("th", escape(text), scope="col") for text in header))
    body = "".join(_tag("tr", "".join(_tag("td", escape(text)) for text in row)) for row in rows)
    return _tag("table", _tag("thead", head) + _tag("tbody", body))


def _markdown(md: str) -> str:
    return "".join(map(_block, parse(md)))


def _block(block: Block) -> str:
    match block:
        case Paragraph(runs):
            return _tag("p", _inline(runs))
        case Listing(items, start):
            lines = "".join(_tag("li", "".join(map(_in_item, item))) for item in items)
            return _tag("ul", lines) if start is None else _tag("ol", lines, start=start)
        case _:
            assert_never(block)


def _in_item(block: Block) -> str:
    return _inline(block.runs) if isinstance(block, Paragraph) else _block(block)


def _inline(runs: Sequence[Run]) -> str:
    return "".join(map(_run, runs))


def _run(run: Run) -> str:
    html = escape(run.text).replace("\n", "<br>")
    html = _tag("code", html) if run.code else html
    html = _tag("em", html) if run.italic else html
    html = _tag("strong", html) if run.bold else html
    return _tag("a", html, href=run.href, target="_blank", rel="noreferrer noopener") if run.href else html


# --- inputs ---------------------------------------------------------------------------------------------------------


def _field(asked: Input) -> str:
    question = asked.question
    name = _id(question.key)
    hint = _tag("p", escape(question.hint), class_="hint", id=f"{name}-hint") if question.hint else ""
    error = _tag("p", escape(asked.error), class_="error", id=f"{name}-error") if asked.error else ""
    described = " ".join([f"{name}-hint"] * bool(hint) + [f"{name}-error"] * bool(error))
    about = {
        **({"aria-describedby": described} if described else {}),
        **({"aria-invalid": "true"} if error else {}),
    }
    label = escape(question.label) + (
        _tag("span", " *", class_="needed", aria_hidden="true") if question.needed else ""
    )
    match question.kind:
        case Kind.SHORT | Kind.LONG | Kind.DATE | Kind.TIME:
            field = _tag("label", label, for_=name) + _control(question, asked.value, name, about)
            return _tag("div", field + hint + error, class_="field")
        case Kind.ONE | Kind.MANY | Kind.SCALE:
            group = _tag("legend", label) + hint + _choices(question, asked.value, about) + error
            return _tag("fieldset", group, class_="field", aria_describedby=described or None)
        case _:
            assert_never(question.kind)


def _control(question: Question, value: str, name: str, about: dict[str, str]) -> str:
    shared = {"id": name, "name": question.key, "required": question.needed, **about}
    if question.kind is Kind.LONG:
        # A line end first thing in a text area is dropped by browsers, unless there is another before it.
        return _tag("textarea", "\n" + escape(value), rows=3, **shared)
    kind = {Kind.DATE: "date", Kind.TIME: "time"}.get(question.kind, "text")
    return _void("input", type=kind, value=value, autocomplete="off", **shared)


def _choices(question: Question, value: str, about: dict[str, str]) -> str:
    many = question.kind is Kind.MANY
    invalid = {key: text for key, text in about.items() if key == "aria-invalid"}
    return "".join(
        _tag(
            "label",
            _void(
                "input",
                type="checkbox" if many else "radio",
                name=question.key,
                value=option.key,
                checked=option.key in chosen(value),
                required=question.needed and not many,
                **invalid,
            )
            + _tag("span", escape(option.label)),
            class_="choice",
        )
        for option in choices(question)
    )


def _id(key: str) -> str:
    return "field-" + re.sub(r"[^A-Za-z0-9]", lambda sign: f"_{ord(sign[0]):x}", key)


# --- tags -----------------------------------------------------------------------------------------------------------


def _tag(tag: str, html: str, /, **attributes: object) -> str:
    """Return an element around escaped HTML; its attributes are escaped here."""
    return f"{_void(tag, **attributes)}{html}</{tag}>"


def _void(tag: str, /, **attributes: object) -> str:
    return f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"


def _attribute(name: str, value: object) -> str:
    name = name.removesuffix("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'


def _data(media_type: str, content: bytes) -> str:
    kind = media_type if re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type) else "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
