"""What reaches us: an event is a value with its own time, free of any platform's objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.model import Address


@dataclass(frozen=True, slots=True)
class Command:
    """Words meant as a command: `/jpd skip 12`, `jpd skip 12` and a pressed *Skip* button are the same."""

    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """Plain words in the conversation with the bot: an answer, unless they are exactly a command."""

    text: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody pressed a button that opens a form."""

    form: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A filled-in form; values as `Answer.text` by question key. Missing and empty are the same."""

    form: str
    context: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Joined:
    """The person installed the bot or first opened it."""


@dataclass(frozen=True, slots=True)
class Left:
    """The person removed the bot; nothing can be sent to that address until they come back."""


What: TypeAlias = Command | Said | Opened | Submitted | Joined | Left


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, once: `id` is unique on its platform and makes a retry harmless."""

    id: str
    at: datetime
    sender: Address
    what: What
