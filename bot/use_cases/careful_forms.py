"""Use cases on forms for a partner that name a pupil or tell of a colleague's health: their author decides first."""

from __future__ import annotations

from dataclasses import replace

from bot.events import Submitted
from bot.message import Message
from bot.model import FormName
from bot.prompts import Prompts
from bot.say.typed import FORM
from bot.use_cases import careful_answers, notes
from bot.use_cases.careful_answers import Found
from bot.use_cases.kept_text import keep_form, take_form
from bot.use_cases.request import Request

_TO_A_PARTNER = (FormName.TELL, FormName.NOTE, FormName.CHALLENGE)


async def ask(request: Request, prompts: Prompts, submitted: Submitted) -> Message | None:
    """Return the question what to do with the words that need care; None for every other form."""
    if submitted.form not in _TO_A_PARTNER:
        return None
    found = await _find(request, prompts, submitted)
    if not found:
        return None
    await keep_form(request, submitted)
    # A part that is left out could be all of a field that is needed.
    return careful_answers.show(request, _text(submitted), found, FORM, is_safe_to_cut=False)


async def take(request: Request, prompts: Prompts, argument: str) -> Submitted:
    """Return the kept form as its author has decided (`form`, `pupil-a form`). Raises `UserError` if it is gone."""
    submitted = await take_form(request)
    choice = argument.removesuffix(FORM).strip()
    if not choice:
        return submitted
    found = await _find(request, prompts, submitted)
    changed = {
        key: careful_answers.change(request.voice, choice, value, found)
        for key, value in submitted.values.items()
    }
    return replace(submitted, values=changed)


async def _find(request: Request, prompts: Prompts, submitted: Submitted) -> Found:
    partners = await notes.read_partner_names(request)
    return careful_answers.find_in_note(request, prompts, _text(submitted), partners)


def _text(submitted: Submitted) -> str:
    return "\n".join(value for value in submitted.values.values() if " " in value.strip())
