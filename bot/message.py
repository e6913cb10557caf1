"""The neutral message: a closed union of frozen elements that every adapter renders with pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.events import Command, Opened
from bot.model import Question


@dataclass(frozen=True, slots=True)
class Heading:
    """A short title, plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Our own words as Markdown: bold, italics, links and lists. Facts put into it are already escaped."""

    md: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's own words: no renderer ever parses them."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of label and value, plain text."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between two parts."""


@dataclass(frozen=True, slots=True)
class Button:
    """A press causes `does`: an event that carries ids, never state."""

    label: str
    does: Command | Opened
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Buttons:
    """At most four of ours in a row."""

    items: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """A question with what stands in it already and what is wrong with that."""

    question: Question
    value: str = ""
    """As `Answer.text`: words, a choice's key, keys joined by `;`, an ISO date or time."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A few inputs to fill in: a modal on Slack, inline or a dialog on Teams, an HTML form in the playground.

    `name` and `context` come back in `Submitted`. `intro` is Markdown of ours above the inputs: who will read it.
    """

    name: str
    context: str = ""
    title: str
    """24 characters at most."""
    intro: str = ""
    inputs: tuple[Input, ...]
    submit: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """A form inside a message: shown inline where the platform can, else as a button `open_label` that opens it."""

    form: Form
    open_label: str
    buttons: tuple[Button, ...] = ()
    """Ways past the form, in the same row as its submit button and never blocked by a required input."""


@dataclass(frozen=True, slots=True)
class Week:
    """One column of the participation chart; a level is 1 to 4, or None where nothing may be shown."""

    monday: date
    label: str
    ours: int | None
    everyone: int | None
    is_gap: bool = False
    """No asks that week: a holiday is a gap, not a zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Participation by week, in bands: what to draw, in words that came from content."""

    title: str
    subtitle: str
    levels: tuple[str, str, str, str]
    """Axis words from the lowest band to the highest."""
    weeks: tuple[Week, ...]
    gap: str
    """What is written into a gap."""
    footer: str


@dataclass(frozen=True, slots=True)
class Image:
    """A chart, with the same facts in words for who cannot see it."""

    chart: Chart
    alt: str


@dataclass(frozen=True, slots=True)
class Table:
    """At most two narrow columns, plain text; prefer `Fields`."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file handed to the person who asked for it."""

    name: str
    media_type: str
    content: bytes


Element: TypeAlias = Heading | Text | Quote | Fields | Divider | Buttons | Inputs | Image | Table | File


@dataclass(frozen=True, slots=True)
class Message:
    """What we say. `summary` is one plain sentence: the notification, the screen reader's line, the fallback."""

    summary: str
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """What is wrong in a submitted form, by question key; the form stays open with the typed values kept."""

    form: Form


@dataclass(frozen=True, slots=True)
class Replacement:
    """A message that takes the place of the one whose button was pressed, or whose form was sent."""

    message: Message


Reply: TypeAlias = Message | Form | FieldErrors | Replacement
