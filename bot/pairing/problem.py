"""What is asked of the engine: all that an arrangement depends on, as one value that can travel to another process."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.pairing.arrangement import Arrangement, arrange
from bot.pairing.quality import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingTask:
    """Equal questions have equal answers."""

    people: tuple[Person, ...]
    history: tuple[tuple[int, frozenset[int]], ...]
    blocked: frozenset[frozenset[int]]
    on: date
    size: int
    seed: int


Engine: TypeAlias = Callable[[PairingTask], Awaitable[Arrangement]]
"""Answers questions; never asked within a transaction."""


def answer(question: PairingTask) -> Arrangement:
    """The best arrangement; a second for some hundred people, a minute for fifty thousand."""
    return arrange(
        question.people,
        history=question.history,
        blocked=question.blocked,
        on=question.on,
        size=question.size,
        seed=question.seed,
    )


async def answer_here(question: PairingTask) -> Arrangement:
    """In this process, which does nothing else meanwhile: for few people."""
    return answer(question)
