"""The values of a question's inputs, the same on every platform."""

from __future__ import annotations

from datetime import date, time

from bot.model import Kind, Option, Question

SCALE = ("1", "2", "3", "4", "5")


def choices(question: Question) -> tuple[Option, ...]:
    """Return the question's options; for a scale its five numbers, with the labels that content gives."""
    if question.kind is not Kind.SCALE:
        return question.options
    labels = {option.key: option.label for option in question.options}
    return tuple(
        Option(number, f"{number} – {labels[number]}" if labels.get(number) else number) for number in SCALE
    )


def chosen(value: str) -> frozenset[str]:
    """Return the keys in a value: one for a single choice, several joined by `;`."""
    return frozenset(filter(None, value.split(";")))


def is_date(value: str) -> bool:
    """Tell whether the value is a date such as `2026-03-01`, which date inputs take."""
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def is_time(value: str) -> bool:
    """Tell whether the value begins with a time such as `08:30`, which time inputs take."""
    try:
        return time.fromisoformat(value).isoformat("minutes") == value[:5]
    except ValueError:
        return False
