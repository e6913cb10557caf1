"""Reading what the page posts into events, strict about everything but the text that people type."""

from __future__ import annotations

import re

from adapters.chat.actions import decode
from adapters.chat.bodies import Body, Malformed, part, strictly, string
from bot.events import BIDI_CONTROLS, Command, Said, Submitted, What

_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_LINE_ENDS = re.compile(r"\r\n?")
_CONTROL = re.compile(rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f{BIDI_CONTROLS}]")
"""Characters that databases refuse and nobody types, or that turn round the reading of all that follows."""


def event_id(posted: Body) -> str:
    """Return the id that the page draws for each press and keeps for its retries. Raises `Malformed`."""
    found = text(posted, "id")
    if not _ID.fullmatch(found):
        raise Malformed("no id")
    return found


def said(posted: Body) -> Command | Said:
    """Read typed text, which is a command when it begins with a slash or with the bot's name."""
    typed = text(posted, "text")
    start = typed.lstrip()
    if start.startswith("/") or start.casefold().split(maxsplit=1)[:1] == ["jpd"]:
        return Command(start.removeprefix("/").strip())
    return Said(typed)


@strictly
def pressed(posted: Body) -> What:
    """Read a pressed button."""
    return decode(text(posted, "press"))


def submitted(posted: Body) -> Submitted:
    """Read a form that was sent; several choices are joined by `;`."""
    values = part(posted, "values")
    return Submitted(
        text(posted, "form"),
        text(posted, "context"),
        {clean(key): _value(value) for key, value in values.items()},
    )


def line_id(posted: Body) -> int | None:
    """Return the id of the message that was pressed, or None. Raises `Malformed`."""
    found = posted.get("line")
    if found is None or (isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63):
        return found
    raise Malformed("no such line")


def text(posted: Body, name: str) -> str:
    """Return the text of that name as databases take it. Raises `Malformed`."""
    return clean(string(posted, name))


def clean(typed: str) -> str:
    """Return the text with one kind of line end, without control characters and halves of characters."""
    whole = typed.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROL.sub("", _LINE_ENDS.sub("\n", whole))


def _value(found: object) -> str:
    if isinstance(found, str):
        return clean(found)
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return ";".join(map(clean, found))
    raise Malformed("no value")
