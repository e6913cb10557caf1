"""A member's own page: their place in the cycle, their answers, and their settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot.message import Button, Buttons, Divider, Element, Heading, Message, Text
from bot.model import Answer, CommandName, FormName, Member, Step
from bot.prompts import Voice
from bot.rules.commands import HOME
from bot.say.basics import opens
from bot.say.check_ins import quotes, title
from bot.say.commands import buttons


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """A member's answers in a step; `check_in_id` only while they can be changed."""

    step: Step
    answers: Sequence[Answer]
    check_in_id: int | None


def home(voice: Voice, member: Member, place: Message, said: Sequence[SaidBefore]) -> Message:
    """Return the page; `place` is the answer to `status`."""
    answers = [element for each in said for element in _said(voice, each)]
    return Message(
        voice.text("home.summary"),
        (
            Heading(voice.text("home.hello", name=member.given_name)),
            *place.elements,
            *((Divider(), Heading(voice.text("home.answers")), *answers) if answers else ()),
            Divider(),
            Heading(voice.text("home.settings")),
            Buttons(_settings(voice, member)),
            Text(voice.markdown("home.foot"), small=True),
        ),
    )


def _said(voice: Voice, said: SaidBefore) -> tuple[Element, ...]:
    change = (
        (Buttons((opens(voice, "button.change", FormName.CHECK_IN, said.check_in_id),)),)
        if said.check_in_id is not None
        else ()
    )
    heading = Text(voice.markdown("home.step", title=title(voice, said.step)))
    return (heading, *quotes(voice, said.step, said.answers), *change)


def _settings(voice: Voice, member: Member) -> tuple[Button, ...]:
    """Return the buttons of the table of commands: who is paused can resume, everybody else can pause."""
    hidden = CommandName.RESUME if member.paused_until is None else CommandName.PAUSE
    return tuple(button for spec in HOME if spec.name is not hidden for button in buttons(voice, spec))
