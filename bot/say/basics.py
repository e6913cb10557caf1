"""The parts that most messages share: buttons, plain answers, errors, questions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import UserError
from bot.events import Command, Opened
from bot.message import Button, Buttons, Element, Message, Quote, Text
from bot.model import CommandName, FormName, Kind, Option, Question
from bot.prompts import Voice

LONGEST_ECHO = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The moments at which text goes to its readers, in its author's own time."""

    now: datetime
    first: datetime | None
    last: datetime | None
    """Both are None while it is not known when: a challenge waits for the others."""
    held_until: datetime | None = None
    """Until then its author can stop it; None: it is not held."""


def goes_to(voice: Voice, partner: str, departure: Departure, *, md: bool = True) -> str:
    """Say when text goes to the partner or partners, as Markdown or as plain text."""
    if departure.first is None or departure.last is None:
        raise ValueError("a text that waits for others has no time")
    say = voice.markdown if md else voice.text
    if departure.last <= departure.now:
        return say("goes.now", partner=partner)
    when = voice.at(departure.first, departure.now.date())
    key = "goes.at" if departure.first == departure.last else "goes.several"
    return say(key, partner=partner, when=when)


def runs(
    voice: Voice,
    key: str,
    command: CommandName,
    argument: str | int = "",
    /,
    *,
    primary: bool = False,
    **facts: str | int,
) -> Button:
    """Return a button that does the same as typing the command and its argument."""
    return Button(voice.text(key, **facts), Command(f"{command} {argument}".strip()), primary)


def opens(
    voice: Voice,
    key: str,
    form: FormName,
    context: str | int = "",
    /,
    *,
    primary: bool = False,
    **facts: str | int,
) -> Button:
    """Return a button that opens a form; `context` is the id of what the form is about."""
    return Button(voice.text(key, **facts), Opened(form, str(context)), primary)


def plain(voice: Voice, key: str, *buttons: Button, **facts: str | int) -> Message:
    """Return a message of one short text, with buttons."""
    return Message(voice.text(key, **facts), (Text(voice.markdown(key, **facts)), *row(buttons)))


def row(buttons: Sequence[Button]) -> tuple[Element, ...]:
    """Return the buttons as an element, or nothing if there are none."""
    return (Buttons(tuple(buttons)),) if buttons else ()


def error(voice: Voice, problem: UserError, written: Sequence[str] = ()) -> Message:
    """Explain what went wrong and what to do next; `written` is text that the person would lose otherwise."""
    facts = {name: _shortened(fact) for name, fact in problem.facts.items()}
    if "state" in facts:
        facts["state"] = voice.text(f"state.{facts['state']}")
    return _with_quotes(plain(voice, f"error.{problem.key}", **facts), written)


def _with_quotes(message: Message, written: Sequence[str]) -> Message:
    """Return the text below the message: a form closes when it is sent, and what was typed in it would be gone."""
    return replace(message, elements=(*message.elements, *(Quote(text) for text in written)))


def _shortened(fact: str | int) -> str | int:
    return f"{fact[:LONGEST_ECHO]}…" if isinstance(fact, str) and len(fact) > LONGEST_ECHO else fact


def apology(voice: Voice, written: Sequence[str] = (), *, is_busy: bool = False) -> Message:
    """Apologise for an unexpected error, or for too much to do, and return what the person wrote."""
    return _with_quotes(plain(voice, "error.busy" if is_busy else "error.unexpected"), written)


def choice(voice: Voice, prefix: str, keys: Iterable[str]) -> tuple[Option, ...]:
    """Return options with these keys from one of the content's lists."""
    return tuple(Option(key, voice.text(f"{prefix}.{key}")) for key in keys)


def labels(voice: Voice, prefix: str, keys: Iterable[str]) -> str:
    """Return the labels of several keys as one phrase."""
    return voice.listing([label(voice, prefix, key) for key in keys])


def label(voice: Voice, prefix: str, key: str) -> str:
    """Return the label of a key in one of the content's lists, or the key itself if the list does not have it."""
    return voice.text(f"{prefix}.{key}") if voice.has(f"{prefix}.{key}") else key


def question(
    voice: Voice,
    key: str,
    prefix: str,
    kind: Kind,
    *,
    needed: bool = False,
    limit: int = 500,
    options: tuple[Option, ...] = (),
) -> Question:
    """Return a question of the bot's own; content has its label under `<prefix>.<key>`, and perhaps a hint."""
    name = f"{prefix}.{key}"
    hint = voice.text(f"{name}.hint") if voice.has(f"{name}.hint") else ""
    return Question(
        key=key, kind=kind, label=voice.text(name), hint=hint, needed=needed, limit=limit, options=options
    )
