"""Detection of what a file is, by its content: people send whatever their programs call an export."""

from __future__ import annotations

import re
import zipfile
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from adapters.files.archive import OPENING
from adapters.files.encodings import encoding_of


class FileFormat(StrEnum):
    """A format; `roster.<value>` says what to do with a file of a format that is not read."""

    NO_FILE = "no-file"
    FOLDER = "folder"
    SPREADSHEET = "spreadsheet"
    DOCUMENT = "document"
    PDF = "pdf"
    PICTURE = "picture"
    ARCHIVE = "archive"
    PACKED = "packed"
    BROKEN_ZIP = "broken-zip"
    ZIP = "zip"
    ONEROSTER_TABLE = "oneroster-table"
    WEB_PAGE = "web-page"
    CONTACTS = "contacts"
    CALENDAR = "calendar"
    OTHER = "other"
    """A table, or anything else."""


class Detected(NamedTuple):
    """A format, and for a zip the file in it that should be brought by itself."""

    format: FileFormat
    name: str = ""

    @property
    def facts(self) -> dict[str, str]:
        """The facts of the sentence about the format."""
        return {"name": self.name} if self.name else {}


BEGINNING = 16_384
MOST_OF_A_DOCUMENT = 8 << 20
"""Bytes in which an old document of Word shows that it is no spreadsheet."""
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
OLD_DOCUMENTS = tuple(name.encode("utf-16-le") for name in ("WordDocument", "PowerPoint Document"))
BY_FIRST_BYTES = {
    b"%PDF": FileFormat.PDF,
    b"{\\rtf": FileFormat.DOCUMENT,
    b"\x89PNG": FileFormat.PICTURE,
    b"\xff\xd8\xff": FileFormat.PICTURE,
    b"GIF8": FileFormat.PICTURE,
    b"II*\0": FileFormat.PICTURE,
    b"MM\0*": FileFormat.PICTURE,
    b"\x1f\x8b": FileFormat.ARCHIVE,
    b"7z\xbc\xaf": FileFormat.ARCHIVE,
    b"Rar!": FileFormat.ARCHIVE,
}
PICTURE_INSIDE = re.compile(rb"RIFF....WEBP|....ftyp(?:heic|heix|mif1|msf1|avif)", re.DOTALL)
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
DOCUMENTS_INSIDE = ("word/", "ppt/")
SPREADSHEETS_INSIDE = ("xl/", "[Content_Types].xml", "Index/Document.iwa")
OPEN_DOCUMENT = "mimetype"
ONEROSTER_INSIDE = frozenset({"manifest.csv", "orgs.csv", "users.csv"})
WORTH_UNPACKING = (".csv", ".ics", ".xlsx", ".xls", ".ods", ".txt", ".tsv", ".zip")

CALENDAR = re.compile(r"^BEGIN:V(CALENDAR|EVENT)", re.MULTILINE | re.IGNORECASE)
CONTACTS = re.compile(r"^BEGIN:VCARD", re.MULTILINE | re.IGNORECASE)
WEB_PAGE = re.compile(r"<!doctype html|<html|<head|<!--|<table|<\?xml[^>]*>\s*<html", re.IGNORECASE)
SPREADSHEET_AS_TEXT = "urn:schemas-microsoft-com:office:spreadsheet"
ONEROSTER_COLUMNS = re.compile(r'"?sourcedId"?,"?status"?,|"?propertyName"?,"?value"?\s', re.IGNORECASE)
WHITE = "\ufeff \t\n\r"


def detect_format(file: Path) -> Detected:
    """Return what a file is. Its name is not looked at."""
    if file.is_dir():
        return Detected(FileFormat.FOLDER)
    if not file.exists():
        return Detected(FileFormat.NO_FILE)
    with file.open("rb") as stream:
        content = stream.read(BEGINNING)
        if content.startswith(OLD_OFFICE):
            content += stream.read(MOST_OF_A_DOCUMENT)
    if content.startswith(ZIPS):
        return _in_zip(file)
    if content.startswith(OLD_OFFICE):
        is_document = any(name in content for name in OLD_DOCUMENTS)
        return Detected(FileFormat.DOCUMENT if is_document else FileFormat.SPREADSHEET)
    if PICTURE_INSIDE.match(content):
        return Detected(FileFormat.PICTURE)
    by_bytes = (each for start, each in BY_FIRST_BYTES.items() if content.startswith(start))
    return Detected(next(by_bytes, None) or _of_text(content.decode(encoding_of(content), errors="replace")))


def _of_text(text: str) -> FileFormat:
    text = text.lstrip(WHITE)
    if WEB_PAGE.match(text) or "<html" in text[:1_000].casefold():
        return FileFormat.WEB_PAGE
    if SPREADSHEET_AS_TEXT in text:
        return FileFormat.SPREADSHEET
    if CALENDAR.search(text.replace("\r", "\n")):
        return FileFormat.CALENDAR
    if CONTACTS.match(text):
        return FileFormat.CONTACTS
    return FileFormat.ONEROSTER_TABLE if ONEROSTER_COLUMNS.match(text) else FileFormat.OTHER


def _in_zip(file: Path) -> Detected:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [each.replace("\\", "/") for each in archive.namelist()]
            is_open_text = OPEN_DOCUMENT in names and b"text" in archive.open(OPEN_DOCUMENT).read(200)
    except OPENING:
        return Detected(FileFormat.BROKEN_ZIP)
    if is_open_text or any(name.startswith(DOCUMENTS_INSIDE) for name in names):
        return Detected(FileFormat.DOCUMENT)
    if OPEN_DOCUMENT in names or any(name.startswith(SPREADSHEETS_INSIDE) for name in names):
        return Detected(FileFormat.SPREADSHEET)
    files = [name.rpartition("/")[2] for name in names if not name.startswith("__MACOSX/")]
    worth = [name for name in files if name.casefold().endswith(WORTH_UNPACKING)]
    if worth and not ONEROSTER_INSIDE & {*files}:
        return Detected(FileFormat.PACKED, worth[0])
    return Detected(FileFormat.ZIP)
