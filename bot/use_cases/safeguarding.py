"""Use cases on worries about a child: looked for before anything else, and kept nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterable

from bot.events import Submitted
from bot.message import Message
from bot.model import FormName, School
from bot.prompts import Prompts
from bot.say import typed as say_typed
from bot.understanding.safeguarding import Worry, worry_in
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
    await request.tx.members.keep_words(request.member.id, text, request.now)
    return say_typed.ask_about_child(request.voice, await _read_school(request), is_form=False)


async def answer_worry_in_form(request: Request, prompts: Prompts, submitted: Submitted) -> Message | None:
    """Return the help for a form with a text about a child's safety; None for every other form."""
    texts = [] if submitted.form == FormName.START else submitted.values.values()
    match find_worry(prompts, request.voice.language, texts):
        case Worry.FOUND:
            return await show_help(request)
        case Worry.ASK:
            text = json.dumps([submitted.form, submitted.context, dict(submitted.values)])
            await request.tx.members.keep_words(request.member.id, text, request.now)
            return say_typed.ask_about_child(request.voice, await _read_school(request), is_form=True)
        case Worry.NO:
            return None


async def take_kept_form(request: Request) -> Submitted | None:
    """Return the form that was kept while its author was asked, and delete it; None if it is gone."""
    text = await request.tx.members.take_words(request.member.id)
    try:
        form, context, values = json.loads(text or "")
        return Submitted(str(form), str(context), {str(key): str(value) for key, value in values.items()})
    except (ValueError, TypeError, AttributeError):
        return None


async def show_help(request: Request) -> Message:
    """Name the safeguarding lead of the member's school, and what to do now."""
    return say_typed.child_in_danger(request.voice, await _read_school(request))


def find_worry(prompts: Prompts, language: str, texts: Iterable[str]) -> Worry:
    """Return the surest worry in several texts."""
    phrases = prompts.phrases(language)
    found = {worry_in(each, phrases) for each in texts if " " in each.strip()}
    return next((each for each in (Worry.FOUND, Worry.ASK) if each in found), Worry.NO)


async def _read_school(request: Request) -> School:
    return await request.tx.schools.get(request.member.home_school_id)
