"""Use cases on typed text that is kept, sealed and for its author alone, until they say what it is."""

from __future__ import annotations

import json

from bot.errors import UserError
from bot.events import Submitted
from bot.use_cases.request import Request

_FORM = '["'
"""The beginning of a kept form."""


async def keep_text(request: Request, text: str) -> None:
    """Keep typed text in place of what was kept before, with the message in which it was typed."""
    await request.tx.members.keep_words(request.member.id, text, request.now, request.message)


async def take_text(request: Request) -> str | None:
    """Return the kept text and delete it; None if it is gone."""
    return await request.tx.members.take_words(request.member.id)


async def peek_text(request: Request) -> str:
    """Return the kept text without deleting it; empty if there is none, or a form, which has its own buttons."""
    text = await request.tx.members.peek_words(request.member.id) or ""
    return "" if text.startswith(_FORM) else text


async def keep_form(request: Request, submitted: Submitted) -> None:
    """Keep a filled-in form until its author has said whether it goes."""
    await keep_text(request, json.dumps([submitted.form, submitted.context, dict(submitted.values)]))


async def take_form(request: Request) -> Submitted:
    """Return the kept form and delete it. Raises `UserError` if it is gone."""
    text = await take_text(request)
    try:
        form, context, values = json.loads(text or "")
        return Submitted(str(form), str(context), {str(key): str(value) for key, value in values.items()})
    except (ValueError, TypeError, AttributeError):
        raise UserError("words-gone") from None
