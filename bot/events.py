"""What reaches us: an event is a value with its own time, free of any platform's objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.model import Address


@dataclass(frozen=True, slots=True)
class Command:
    """A line meant as a command: `/jpd skip 12`, `jpd skip 12` and a pressed *Skip* button are the same."""

    line: str


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


@dataclass(frozen=True, slots=True)
class Installed:
    """A workspace has let the bot in, anew or again; the sender is who did it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A whole workspace has removed the bot; the sender's `user` is empty."""


What: TypeAlias = Command | Said | Opened | Submitted | Joined | Left | Installed | Removed


LONGEST = 40_000
"""Characters of an event's words that are read at all: as much as a platform lets a person send."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def readable(what: What) -> What:
    """The same without what nobody typed: line ends are one sign, control signs and halves of signs are gone.

    Databases refuse some of these (NUL, lone surrogates); all other words stay exactly as they were written.
    """
    match what:
        case Command(line):
            return Command(_readable(line))
        case Said(text):
            return Said(_readable(text))
        case Opened(form, context):
            return Opened(_readable(form), _readable(context))
        case Submitted(form, context, values):
            read = {_readable(key): _readable(value) for key, value in values.items()}
            return Submitted(_readable(form), _readable(context), read)
        case Joined() | Left() | Installed() | Removed():
            return what


def written(what: What) -> tuple[str, ...]:
    """Return the texts typed into a submitted form, to be given back: the values with a space in them."""
    values = what.values.values() if isinstance(what, Submitted) else ()
    return tuple(value for value in values if " " in value.strip())


def _readable(text: str) -> str:
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text[:LONGEST]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened, once: `id` is unique on its platform and makes a retry harmless."""

    id: str
    at: datetime
    sender: Address
    what: What
    comes_again: bool = False
    """Its platform brings it again where we could not take it: then `StoreAway` is raised, and nobody apologises."""
