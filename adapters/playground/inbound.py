"""What the page posts, read into events: pure, and strict about everything but people's words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from adapters.chat.actions import decode
from bot.events import Command, Said, Submitted, What

Posted: TypeAlias = Mapping[str, Any]

_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_LINE_ENDS = re.compile(r"\r\n?")
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters: databases refuse some, and nobody types them."""


class Garbage(ValueError):
    """Nothing that the page would post."""


def read(body: bytes) -> Posted:
    """The posted object."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Garbage("not JSON") from error
    if not isinstance(found, dict):
        raise Garbage("not an object")
    return found


def event_id(posted: Posted) -> str:
    """The page draws one for each press and keeps it for every retry: so a double click does nothing twice."""
    found = text(posted, "id")
    if not _ID.fullmatch(found):
        raise Garbage("no id")
    return found


def said(posted: Posted) -> Command | Said:
    """Typed words: a command where they begin with a slash, or with the bot's name."""
    words = text(posted, "text")
    start = words.lstrip()
    if start.startswith("/") or start.casefold().split(maxsplit=1)[:1] == ["jpd"]:
        return Command(start.removeprefix("/").strip())
    return Said(words)


def pressed(posted: Posted) -> What:
    """A button's event."""
    try:
        return decode(text(posted, "press"))
    except ValueError as error:
        raise Garbage("no such button") from error


def submitted(posted: Posted) -> Submitted:
    """A form's values; several choices are joined by `;`."""
    values = posted.get("values")
    if not isinstance(values, dict):
        raise Garbage("no values")
    return Submitted(
        text(posted, "form"),
        text(posted, "context"),
        {clean(key): _value(each) for key, each in values.items()},
    )


def line_id(posted: Posted) -> int | None:
    """The line that was pressed, if there was one."""
    found = posted.get("line")
    if found is None or (isinstance(found, int) and not isinstance(found, bool) and 0 < found < 2**63):
        return found
    raise Garbage("no such line")


def text(posted: Posted, name: str) -> str:
    """A text of the posted object."""
    found = posted.get(name)
    if not isinstance(found, str):
        raise Garbage(f"no {name}")
    return clean(found)


def clean(words: str) -> str:
    """The words as every database keeps them: one kind of line end, no control characters, no half characters."""
    whole = words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _UNKEEPABLE.sub("", _LINE_ENDS.sub("\n", whole))


def _value(found: object) -> str:
    if isinstance(found, str):
        return clean(found)
    if isinstance(found, list) and all(isinstance(each, str) for each in found):
        return ";".join(map(clean, found))
    raise Garbage("no value")
