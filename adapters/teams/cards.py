"""Finished cards, looked through: their buttons and fields, a mark by which they are known again, the older actions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.teams.card_text import Json

DATA = "jpd"
"""Where a button's own data stand, beside the inputs' values."""


def asks(card: Json) -> bool:
    """Whether there is a form in it."""
    return any(action["data"][DATA]["verb"] == "submit" for action in actions(card))


def marked(card: Json, mark: str, needed: str) -> Json:
    """The card as one that is known again: what is sent from it twice, with the same words, is sent once.

    `needed` is what a client says itself where something that is needed is left empty.
    """
    for action in actions(card):
        if action["data"][DATA]["verb"] == "submit":
            action["data"][DATA]["card"] = mark
    for field in _fields_in(card):
        if field["isRequired"]:
            field.setdefault("errorMessage", needed)
    return card


def _fields_in(item: Any) -> Iterator[Json]:
    match item:
        case {"isRequired": bool()}:
            yield item
        case dict():
            for each in item.values():
                yield from _fields_in(each)
        case list():
            for each in item:
                yield from _fields_in(each)
        case _:
            pass


def actions(item: Any) -> Iterator[Json]:
    """Every button, without what stands in for it; both share their data."""
    match item:
        case {"type": "Action.Execute" | "Action.Submit"}:
            yield item
        case dict():
            for each in item.values():
                yield from actions(each)
        case list():
            for each in item:
                yield from actions(each)
        case _:
            pass


def with_older_actions(item: Any) -> Any:
    """With each action as old clients, and dialogs, know it."""
    match item:
        case {"type": "Action.Execute", "fallback": dict() as older}:
            return older
        case dict():
            return {key: with_older_actions(each) for key, each in item.items()}
        case list():
            return [with_older_actions(each) for each in item]
        case _:
            return item
