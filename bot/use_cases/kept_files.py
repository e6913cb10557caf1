"""A roster or a calendar as it is kept between its dry run and the decision of its sender."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

from bot.errors import UserError
from bot.events import SentFile
from bot.model.roster import RosterError
from bot.ports import FileContent, ReadingOptions
from bot.use_cases.forms import parse_id
from bot.use_cases.request import Request

FILES_KEPT = timedelta(hours=24)
"""The time for which a file waits for its sender to use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFile:
    """A file with what its sender has said about it so far."""

    name: str
    content: bytes
    sent_at: datetime
    school_id: int | None = None
    """The school of a calendar."""
    administrators_are_principals: bool | None = None
    asked: tuple[str, str] | None = None
    """The old and the new id about which the sender was asked last."""
    same: Mapping[str, str] = field(default_factory=dict)
    """The new id by the old one."""
    different: tuple[str, ...] = ()
    """The old ids of those who are somebody else."""
    shown: str = ""
    """The fingerprint of the dry run that was shown; empty: none was."""


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file that was read outside transactions: what is in it, or what is wrong with it."""

    name: str
    content: bytes
    found: FileContent | RosterError


class FileNeeded(Exception):
    """Raised in a transaction for a file that must be read first; the event then starts again with it."""

    def __init__(self, file: SentFile | KeptFile, options: ReadingOptions) -> None:
        super().__init__("a file")
        self.file = file
        self.options = options


def fingerprint(lines: Sequence[str]) -> str:
    """Return the same short text for the same dry run."""
    return sha256("\n".join(lines).encode()).hexdigest()


async def keep(request: Request, kept: KeptFile) -> int:
    """Keep the file in place of an earlier one, and return its id for the buttons."""
    content = b64encode(zlib.compress(kept.content)).decode()
    choices = [kept.school_id, kept.administrators_are_principals, kept.asked, dict(kept.same)]
    text = json.dumps([kept.name, content, *choices, kept.different, kept.shown])
    return await request.tx.files.keep(request.member.id, text, kept.sent_at)


async def get(request: Request, number: str) -> KeptFile:
    """Return the member's own file by its id. Raises `UserError` if it is gone."""
    file_id = parse_id(number)
    found = None if file_id is None else await request.tx.files.get(request.member.id, file_id)
    text, sent_at = found or ("", request.now - FILES_KEPT)
    if request.now - sent_at >= FILES_KEPT:
        raise UserError("file-gone")
    name, content, school_id, administrators, asked, same, different, shown = json.loads(text)
    return KeptFile(
        name=name,
        content=zlib.decompress(b64decode(content)),
        sent_at=sent_at,
        school_id=school_id,
        administrators_are_principals=administrators,
        asked=tuple(asked) if asked else None,
        same=same,
        different=tuple(different),
        shown=shown,
    )


def with_choice(kept: KeptFile, choice: Sequence[str]) -> KeptFile:
    """Return the file with what its sender said by a button. Raises `UserError` for what no button says."""
    match choice:
        case ["school", number] if (school_id := parse_id(number)) is not None:
            return replace(kept, school_id=school_id)
        case ["principals"]:
            return replace(kept, administrators_are_principals=True)
        case ["no-principals"]:
            return replace(kept, administrators_are_principals=False)
        case ["one"] if kept.asked:
            old, new = kept.asked
            return replace(kept, asked=None, same={**kept.same, old: new})
        case ["two"] if kept.asked:
            return replace(kept, asked=None, different=(*kept.different, kept.asked[0]))
        case _:
            raise UserError("file-gone")
