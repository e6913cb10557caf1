"""The situation in which a text is typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum, auto

from bot.model import Role


class Open(Enum):
    """What is open for the writer."""

    NONE = auto()
    QUESTION = auto()
    CHALLENGE = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """The facts about a writer that decide how a text is read."""

    today: date
    question: Open = Open.NONE
    takes_yes_or_no: bool = False
    """The open question can be answered with yes or no."""
    choices: tuple[str, ...] = ()
    """The options of the open question, as the writer sees them."""
    read_by_others: bool = False
    """Somebody else will read the answer to the open question."""
    partner_words_last: bool = False
    """The last message in the chat was a partner's words."""
    partners: frozenset[str] = frozenset()
    """The partners' names, as they are displayed."""
    own_names: frozenset[str] = frozenset()
    """The writer's name and other names that are no pupil's: schools, colleagues."""
    roles: frozenset[Role] = frozenset({Role.TEACHER})
