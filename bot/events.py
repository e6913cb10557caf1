"""Events: what people did on a platform, as values with their own time and without the platform's objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from bot.model import Address


@dataclass(frozen=True, slots=True)
class Command:
    """A line meant as a command: `/jpd skip 12`, `jpd skip 12` and a pressed *Skip* button are the same."""

    line: str


class FileKind(StrEnum):
    """The kind of a sent file, by which its sender is told what becomes of it."""

    FILE = "file"
    PHOTO = "photo"
    RECORDING = "recording"
    VIDEO = "video"
    STICKER = "sticker"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a message; it is not downloaded yet."""

    kind: FileKind
    name: str = ""
    ref: str = ""
    """The reference by which the platform's adapter can open it."""


@dataclass(frozen=True, slots=True)
class Said:
    """Text typed in the chat with the bot: an answer, unless it can only be a command."""

    text: str
    message: str | None = field(default=None, compare=False)
    """The platform's reference to this message, by which it is found again when it is edited or deleted."""
    files: tuple[SentFile, ...] = ()
    """The files that came with the text."""


@dataclass(frozen=True, slots=True)
class Edited:
    """New text in place of what was typed in a message before."""

    text: str
    message: str


@dataclass(frozen=True, slots=True)
class Deleted:
    """The deletion of a message that was typed before."""

    message: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A press of a button that opens a form."""

    form: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A filled-in form, with values as in `Answer.text` by question key; a missing value is an empty one."""

    form: str
    context: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Joined:
    """A person installed the bot, or opened it for the first time."""


@dataclass(frozen=True, slots=True)
class Left:
    """A person removed the bot; nothing can be sent to that address until they come back."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A workspace has installed the bot, for the first time or again; the sender is the person who did it."""


@dataclass(frozen=True, slots=True)
class Removed:
    """A whole workspace has removed the bot; the sender's `user` is empty."""


What: TypeAlias = Command | Said | Edited | Deleted | Opened | Submitted | Joined | Left | Installed | Removed


LONGEST = 40_000
"""Characters of one text that are read: as much as a platform lets a person send."""

_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
BIDI_CONTROLS = "\u202a-\u202e\u2066-\u2069"
"""Characters that turn round the reading of all that follows: they never go out."""
_CONTROL_CHARACTERS = re.compile(f"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff{BIDI_CONTROLS}]")


def readable(what: What) -> What:
    """Return the event's content with one kind of line end, and without control characters and lone surrogates.

    Those that turn round the direction of reading are control characters, too.

    Databases refuse some of these characters. All other text stays exactly as it was typed.
    """
    match what:
        case Command(line):
            return Command(_readable(line))
        case Said(text, message, files):
            named = tuple(replace(each, name=_readable(each.name)) for each in files)
            return Said(_readable(text), message, named)
        case Edited(text, message):
            return Edited(_readable(text), message)
        case Opened(form, context):
            return Opened(_readable(form), _readable(context))
        case Submitted(form, context, values):
            read = {_readable(key): _readable(value) for key, value in values.items()}
            return Submitted(_readable(form), _readable(context), read)
        case Deleted() | Joined() | Left() | Installed() | Removed():
            return what


def written(what: What) -> tuple[str, ...]:
    """Return the texts typed into a submitted form, to be given back: the values with a space in them."""
    values = what.values.values() if isinstance(what, Submitted) else ()
    return tuple(value for value in values if " " in value.strip())


def _readable(text: str) -> str:
    return _CONTROL_CHARACTERS.sub("", _LINE_ENDS.sub("\n", text[:LONGEST]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that a person or a workspace did; `id`, unique on its platform, marks a second delivery."""

    id: str
    at: datetime
    sender: Address
    what: What
    comes_again: bool = False
    """The platform delivers the event again if it fails: `StoreAway` is then raised, and nobody apologises."""

    @property
    def message(self) -> str | None:
        """The reference to the chat message with the typed text; None for an event without one."""
        match self.what:
            case Said(message=message):
                return message or self.id
            case Edited(_, message):
                return message
            case _:
                return None
