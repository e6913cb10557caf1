"""The neutral message: a closed union of frozen elements that every adapter renders with pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.events import Command, Opened
from bot.model import Question

LONGEST_INPUT = 3000
"""The most characters that one field of a form takes on Slack, the strictest platform."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A short title, plain text."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """The bot's own text as Markdown: bold, italics, links and lists. Facts in it are already escaped."""

    md: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Quote:
    """Text that a person wrote; it is shown as it is and never read as Markdown."""

    text: str
    by: str = ""


@dataclass(frozen=True, slots=True)
class Fields:
    """Pairs of label and value, plain text."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Divider:
    """A line between two parts of a message."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button; pressing it causes the event `does`, which carries ids and never state."""

    label: str
    does: Command | Opened
    primary: bool = False


@dataclass(frozen=True, slots=True)
class Buttons:
    """A row of at most four buttons."""

    items: tuple[Button, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """A question of a form, the value that is in it, and what is wrong with that value."""

    question: Question
    value: str = ""
    """As in `Answer.text`: text, a choice's key, keys joined by `;`, an ISO date or time."""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A few inputs to fill in: a modal on Slack, inline or a dialog on Teams, an HTML form in the playground.

    `name` and `context` come back in `Submitted`. `intro` is Markdown above the inputs, which says who will read them.
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
    """A form inside a message: shown inline if the platform can, else as a button `open_label` that opens it."""

    form: Form
    open_label: str
    buttons: tuple[Button, ...] = ()
    """Buttons in the same row as the submit button; they work even if a required input is empty."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week of the participation chart; a level is a band from 1 to 4, or None if nothing may be shown."""

    monday: date
    label: str
    ours: int | None
    everyone: int | None
    is_gap: bool = False
    """Nothing was asked in that week: a holiday is a gap and no zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Participation by week, in bands; every text in it comes from content."""

    title: str
    subtitle: str
    levels: tuple[str, str, str, str]
    """Names of the bands, the lowest first."""
    weeks: tuple[Week, ...]
    gap: str
    """The text in a week without questions."""
    footer: str


@dataclass(frozen=True, slots=True)
class Image:
    """A chart, and the same facts as text for people who cannot see it."""

    chart: Chart
    alt: str


@dataclass(frozen=True, slots=True)
class Table:
    """At most two narrow columns of plain text; `Fields` is better if it will do."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class File:
    """A file for the person who asked for it."""

    name: str
    media_type: str
    content: bytes


Element: TypeAlias = Heading | Text | Quote | Fields | Divider | Buttons | Inputs | Image | Table | File


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the bot. `summary` is one plain sentence for notifications, screen readers and as a fallback."""

    summary: str
    elements: tuple[Element, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldErrors:
    """A submitted form with its errors; it stays open and keeps the typed values."""

    form: Form


@dataclass(frozen=True, slots=True)
class Replacement:
    """A message that replaces the one whose button was pressed, or whose form was sent."""

    message: Message


Reply: TypeAlias = Message | Form | FieldErrors | Replacement
