"""What can be chosen in answer to a question, on every platform alike."""

from __future__ import annotations

from bot.model import Kind, Option, Question

SCALE = ("1", "2", "3", "4", "5")


def choices(question: Question) -> tuple[Option, ...]:
    """The question's options; for a scale its five numbers, with words where content gives some."""
    if question.kind is not Kind.SCALE:
        return question.options
    words = {option.key: option.label for option in question.options}
    return tuple(
        Option(number, f"{number} – {words[number]}" if words.get(number) else number) for number in SCALE
    )


def chosen(value: str) -> frozenset[str]:
    """The keys in a value: one for a single choice, several joined by `;`."""
    return frozenset(filter(None, value.split(";")))
