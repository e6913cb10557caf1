"""The small pieces most messages share: buttons, plain answers, errors, help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.events import Command, Opened
from bot.message import Button, Buttons, Element, Message, Quote, Text
from bot.model import Kind, Option, Question
from bot.prompts import Voice

LONGEST_ECHO = 80


def runs(voice: Voice, key: str, words: str, *, primary: bool = False, **facts: str | int) -> Button:
    """A button that is the same as typing the command."""
    return Button(voice.text(key, **facts), Command(words), primary)


def opens(
    voice: Voice, key: str, form: str, context: str = "", *, primary: bool = False, **facts: str
) -> Button:
    """A button that opens a form."""
    return Button(voice.text(key, **facts), Opened(form, context), primary)


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


def help_for(voice: Voice, commands: Iterable[str], *, greeting: str = "") -> Message:
    """Only what this person may use."""
    lines = "\n".join(f"- {voice.markdown(f'help.{command}')}" for command in commands)
    head = voice.markdown("help.hello", name=greeting) if greeting else voice.markdown("help.lead")
    return Message(
        voice.text("help.summary"), (Text(head), Text(lines), Text(voice.markdown("help.foot"), small=True))
    )


def suggestion(voice: Voice, word: str, nearest: str | None) -> Message:
    """For a word that is no command."""
    if nearest is None:
        return plain(voice, "command.unknown", runs(voice, "button.help", "help"), word=word)
    return plain(
        voice, "command.did-you-mean", runs(voice, "button.yes-command", nearest, command=nearest),
        word=word, nearest=nearest,
    )  # fmt: skip


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
