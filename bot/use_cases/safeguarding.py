"""Use cases on worries about a child: looked for before anything else, and kept nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from bot.events import Submitted, written
from bot.message import Message
from bot.model import FormName, School
from bot.prompts import Prompts
from bot.say import typed as say_typed
from bot.understanding.safeguarding import Worry, worry_in
from bot.use_cases.kept_text import keep_form, keep_text
from bot.use_cases.request import Request


async def answer_worry(request: Request, prompts: Prompts, text: str) -> Message | None:
    """Return the help for a text about a child's safety; None for every other text."""
    worry = find_worry(prompts, request.voice.language, [text])
    return None if worry is Worry.NO else await answer_reading(request, text, is_certain=worry is Worry.FOUND)


async def answer_reading(request: Request, text: str, *, is_certain: bool) -> Message:
    """Return the help for a text that was read as one about a child's safety.

    Where that is not certain, the text is kept for its author alone until they have said what it is.
    """
    if is_certain:
        return await show_help(request)
    await keep_text(request, text)
    return say_typed.ask_about_child(request.voice, await _read_school(request), is_form=False)


async def answer_worry_in_form(request: Request, prompts: Prompts, submitted: Submitted) -> Message | None:
    """Return the help for a form with a text about a child's safety; None for every other form.

    The form's other texts are given back to their author, and kept nowhere either.
    """
    worry = find_worry(prompts, request.voice.language, submitted.values.values())
    if (
        submitted.form == FormName.START
    ):  # a goal for all pupils is often near such words, and is no disclosure
        worry = Worry.ASK if worry is Worry.FOUND else Worry.NO
    match worry:
        case Worry.FOUND:
            language = request.voice.language
            others = [
                each for each in written(submitted) if find_worry(prompts, language, [each]) is Worry.NO
            ]
            return say_typed.with_the_rest(request.voice, await show_help(request), others)
        case Worry.ASK:
            await keep_form(request, submitted)
            return say_typed.ask_about_child(request.voice, await _read_school(request), is_form=True)
        case Worry.NO:
            return None


async def show_help(request: Request, *, has_text: bool = True) -> Message:
    """Name the safeguarding lead of the member's school, and what to do now. Nothing is stored or logged."""
    return say_typed.child_in_danger(request.voice, await _read_school(request), has_text=has_text)


def find_worry(prompts: Prompts, language: str, texts: Iterable[str]) -> Worry:
    """Return the surest worry in several texts."""
    phrases = prompts.phrases(language)
    found = {worry_in(each, phrases) for each in texts if " " in each.strip()}
    return next((each for each in (Worry.FOUND, Worry.ASK) if each in found), Worry.NO)


async def _read_school(request: Request) -> School:
    return await request.tx.schools.get(request.member.home_school_id)
