"""Changes to finished cards: a mark by which a card is recognised, and actions for older clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from adapters.teams.card_text import Json

DATA = "jpd"
"""The key of a button's own data, beside the values of the inputs."""


def has_form(card: Json) -> bool:
    """Tell whether the card has a form."""
    return any(action["data"][DATA]["verb"] == "submit" for action in actions(card))


def marked(card: Json, mark: str, needed: str) -> Json:
    """Put a mark into the card, by which a form that is sent twice with the same values counts once.

    `needed`: the error that a client shows for a required input that is empty.
    """
    for action in actions(card):
        if action["data"][DATA]["verb"] == "submit":
            action["data"][DATA]["card"] = mark
    for entry in _inputs(card):
        if entry["isRequired"]:
            entry.setdefault("errorMessage", needed)
    return card


def _inputs(item: Any) -> Iterator[Json]:
    match item:
        case {"isRequired": bool()}:
            yield item
        case dict():
            for each in item.values():
                yield from _inputs(each)
        case list():
            for each in item:
                yield from _inputs(each)
        case _:
            pass


def actions(item: Any) -> Iterator[Json]:
    """Yield every button, without its fallback, which shares the button's data."""
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
    """Replace each action by its fallback, which old clients and dialogs know."""
    match item:
        case {"type": "Action.Execute", "fallback": dict() as older}:
            return older
        case dict():
            return {key: with_older_actions(each) for key, each in item.items()}
        case list():
            return [with_older_actions(each) for each in item]
        case _:
            return item


def in_language(card: Json, language: str) -> Json:
    """Say in which language a card is, by the two letters that clients know: dates and screen readers go by it."""
    return {**card, "lang": language.partition("-")[0]}
