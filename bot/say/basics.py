"""The small pieces most messages share: buttons, plain answers, errors, help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.events import Command, Opened
from bot.message import Button, Buttons, Element, Message, Quote, Text
from bot.model import CommandName, FormName, Kind, Option, Question
from bot.prompts import Voice

LONGEST_ECHO = 80


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
    """One short text, and ways on."""
    return Message(voice.text(key, **facts), (Text(voice.markdown(key, **facts)), *row(buttons)))


def row(buttons: Sequence[Button]) -> tuple[Element, ...]:
    """The buttons, or nothing."""
    return (Buttons(tuple(buttons)),) if buttons else ()


def error(voice: Voice, problem: UserError, written: Sequence[str] = ()) -> Message:
    """What happened, that nothing was lost, and what to do next; `written` in a form is given back."""
    facts = {name: _shortened(fact) for name, fact in problem.facts.items()}
    if "state" in facts:
        facts["state"] = voice.text(f"state.{facts['state']}")
    return _given_back(plain(voice, f"error.{problem.key}", **facts), written)


def _given_back(message: Message, written: Sequence[str]) -> Message:
    """A form closes when it is sent: whoever wrote in it finds their words below the reason."""
    return replace(message, elements=(*message.elements, *(Quote(text) for text in written)))


def _shortened(fact: str | int) -> str | int:
    """What was typed is said back, but never at length."""
    return f"{fact[:LONGEST_ECHO]}…" if isinstance(fact, str) and len(fact) > LONGEST_ECHO else fact


def apology(voice: Voice, written: Sequence[str] = ()) -> Message:
    """For the unexpected: no detail reaches a person, and what they wrote is given back."""
    return _given_back(plain(voice, "error.unexpected"), written)


def choice(voice: Voice, prefix: str, keys: Iterable[str]) -> tuple[Option, ...]:
    """Options from one of the content's lists."""
    return tuple(Option(key, voice.text(f"{prefix}.{key}")) for key in keys)


def labels(voice: Voice, prefix: str, keys: Iterable[str]) -> str:
    """A list's labels as one phrase; a key the list does not know speaks for itself."""
    return voice.listing([label(voice, prefix, key) for key in keys])


def label(voice: Voice, prefix: str, key: str) -> str:
    """One label of a list."""
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
    """A question of ours: label and, where content has one, a hint, under `<prefix>.<key>`."""
    name = f"{prefix}.{key}"
    hint = voice.text(f"{name}.hint") if voice.has(f"{name}.hint") else ""
    return Question(
        key=key, kind=kind, label=voice.text(name), hint=hint, needed=needed, limit=limit, options=options
    )
