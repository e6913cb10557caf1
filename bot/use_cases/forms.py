"""Checks of a filled-in form: every fault at once, beside its field, with the typed values kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time

from bot.message import FieldErrors, Form
from bot.model import Kind, Question
from bot.prompts import Voice

LAST_YEAR = 2100
LONGEST_ID = 12
"""Digits that are too many for an id: databases refuse such numbers."""


def find_faults(
    voice: Voice, form: Form, values: Mapping[str, str], more: Mapping[str, str] | None = None
) -> FieldErrors | None:
    """Return the form again with its faults, or None without a fault. `more` adds faults found by a use case."""
    inputs = tuple(
        replace(
            each,
            value=values.get(each.question.key, ""),
            error=find_fault(voice, each.question, values.get(each.question.key, ""))
            or (more or {}).get(each.question.key, ""),
        )
        for each in form.inputs
    )
    return FieldErrors(replace(form, inputs=inputs)) if any(each.error for each in inputs) else None


def find_fault(voice: Voice, question: Question, value: str) -> str:
    """Return the sentence about what is wrong with this value, or an empty text."""
    if not value.strip():
        return voice.text("field.needed") if question.needed else ""
    options = {option.key for option in question.options}
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            long = len(value.strip()) > question.limit
            return (
                voice.text("field.too-long", limit=question.limit, length=len(value.strip())) if long else ""
            )
        case Kind.ONE:
            return "" if value in options else voice.text("field.not-a-choice")
        case Kind.MANY:
            return (
                "" if options.issuperset(filter(None, value.split(";"))) else voice.text("field.not-a-choice")
            )
        case Kind.SCALE:
            return "" if value in ("1", "2", "3", "4", "5") else voice.text("field.not-a-choice")
        case Kind.DATE:
            return "" if is_date(value) else voice.text("field.not-a-date")
        case Kind.TIME:
            return "" if is_time(value) else voice.text("field.not-a-time")


def parse_id(text: str) -> int | None:
    """Return the id in the text of a button, or None where it can be no id of a row."""
    return int(text) if text.isdecimal() and len(text) < LONGEST_ID else None


def is_date(value: str) -> bool:
    """Return whether the text is an ISO date not after `LAST_YEAR`: calendars end somewhere."""
    try:
        return date.fromisoformat(value).year <= LAST_YEAR
    except ValueError:
        return False


def is_time(value: str) -> bool:
    """Return whether the text is an ISO time without a zone, because school time is meant."""
    try:
        return time.fromisoformat(value).tzinfo is None
    except ValueError:
        return False
