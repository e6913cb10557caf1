"""The input of pairing as one value that can be sent to another process, and the type of what computes it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from bot.pairing.arrangement import Arrangement, arrange
from bot.pairing.quality import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingTask:
    """Everything that an arrangement depends on; equal tasks have equal arrangements."""

    people: tuple[Person, ...]
    history: tuple[tuple[int, frozenset[int]], ...]
    blocked: frozenset[frozenset[int]]
    on: date
    size: int
    seed: int


Engine: TypeAlias = Callable[[PairingTask], Awaitable[Arrangement]]
"""Compute the arrangement of a task; never called within a transaction, since it may take a minute."""


def answer(task: PairingTask) -> Arrangement:
    """Return the best arrangement: about a second for some hundred people, a minute for fifty thousand."""
    return arrange(
        task.people,
        history=task.history,
        blocked=task.blocked,
        on=task.on,
        size=task.size,
        seed=task.seed,
    )


async def answer_here(task: PairingTask) -> Arrangement:
    """Return the best arrangement, blocking this process meanwhile: for few people."""
    return answer(task)
