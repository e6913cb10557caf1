"""Messages as plain text: all that is said, and the buttons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from adapters.chat.choices import choices, chosen
from adapters.chat.markdown import flat, parse, plain_text
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


def message(said: Message) -> str:
    """Return the message, one or more lines for each element."""
    lines = [line for element in said.elements for line in _lines(element)]
    return "\n".join(lines) or said.summary


def form(asked: Form) -> str:
    """Return the form as a page of questions."""
    return "\n".join([asked.title, *_form(asked), f"[{asked.submit}]"])


def _lines(element: Element) -> Iterator[str]:
    match element:
        case Heading(text):
            yield text
        case Text(md):
            yield _markdown(md)
        case Quote(text, by):
            yield from [by if by.endswith("?") else f"{by}:"] * bool(by)
            yield from (f"> {line}" for line in text.splitlines())
        case Fields(items):
            yield from (f"{label}: {value}" for label, value in items)
        case Divider():
            yield "—"
        case Buttons(items):
            yield _row(items)
        case Inputs(asked, _, buttons):
            yield from _form(asked)
            yield f"[{asked.submit}] {_row(buttons)}".rstrip()
        case Image(chart, alt):
            yield from (chart.title, alt)
        case Table(header, rows):
            yield from (" – ".join(line) for line in (header, *rows))
        case File(name):
            yield name
        case _:
            assert_never(element)


def _row(buttons: Sequence[Button]) -> str:
    return " ".join(f"[{button.label}]" for button in buttons)


def _form(asked: Form) -> Iterator[str]:
    if asked.intro:
        yield _markdown(asked.intro)
    for each in asked.inputs:
        yield from _input(each)


def _input(asked: Input) -> Iterator[str]:
    options = choices(asked.question)
    picked = chosen(asked.value)
    yield f"{asked.question.label}{' *' if asked.question.needed else ''}"
    yield from (f"  ({'x' if option.key in picked else ' '}) {option.label}" for option in options)
    if asked.value and not options:
        yield f"  {asked.value}"
    if asked.error:
        yield f"  ! {asked.error}"


def _markdown(md: str) -> str:
    return plain_text(flat(parse(md)))
