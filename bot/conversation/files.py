"""Opening a sent or kept file and reading it, outside transactions."""

from __future__ import annotations

from bot.errors import UserError
from bot.events import SentFile
from bot.model import Address
from bot.model.roster import RosterError
from bot.ports import Directory, FileReader
from bot.use_cases.kept_files import FileNeeded, OpenedFile

LARGEST = 5 * 1024 * 1024
"""Bytes of a file that are downloaded."""


async def open_file(
    directory: Directory | None, reader: FileReader | None, sender: Address, needed: FileNeeded
) -> OpenedFile:
    """Return the file that a use case needs. Raises `UserError` where it can't be opened, and `SendError`."""
    if reader is None or directory is None:
        raise UserError("file-not-here")
    file = needed.file
    content = await directory.download(sender, file, LARGEST) if isinstance(file, SentFile) else file.content
    try:
        return OpenedFile(file.name, content, await reader.read(file.name, content, needed.options))
    except RosterError as wrong:
        return OpenedFile(file.name, content, wrong)
