"""Files that are something else are called by what they are, by `jpd import` and by `jpd calendar`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest

from adapters.rosters import read_calendar, read_roster
from bot.model.roster import RosterError
from bot.prompts import Prompts
from tests.rosters.make import write_zip
from tests.support.places import PROMPTS

WORDS = Prompts.load(PROMPTS).calendar_words
OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
USERS = "\ufeffsourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username\r\n"
OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
ROSTER, CAL, BOTH = "import", "calendar", "both"

Content = bytes | str | Mapping[str, str]

# The file, the command, and the key of the sentence.
FILES: dict[str, tuple[Content, str, str]] = {
    "nothing": (b"", BOTH, "roster.empty"),
    "blank lines": ("\ufeff\r\n \r\n", BOTH, "roster.empty"),
    "Word": ({"[Content_Types].xml": "", "word/document.xml": ""}, BOTH, "roster.document"),
    "PowerPoint": ({"[Content_Types].xml": "", "ppt/presentation.xml": ""}, BOTH, "roster.document"),
    "old Word": (OLD + "WordDocument".encode("utf-16-le"), BOTH, "roster.document"),
    "LibreOffice Writer": ({"mimetype": f"{OPEN_DOCUMENT}text"}, BOTH, "roster.document"),
    "rich text": (rb"{\rtf1\ansi Elin}", BOTH, "roster.document"),
    "Excel": ({"[Content_Types].xml": "", "xl/workbook.xml": ""}, BOTH, "roster.spreadsheet"),
    "old Excel": (OLD + "Workbook".encode("utf-16-le"), BOTH, "roster.spreadsheet"),
    "LibreOffice Calc": ({"mimetype": f"{OPEN_DOCUMENT}spreadsheet"}, BOTH, "roster.spreadsheet"),
    "Numbers": ({"Index/Document.iwa": "", "Metadata/Properties.plist": ""}, BOTH, "roster.spreadsheet"),
    "Excel's XML": (
        '<?xml version="1.0"?>\n<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">',
        BOTH,
        "roster.spreadsheet",
    ),
    "PDF": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3", BOTH, "roster.pdf"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", BOTH, "roster.picture"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", BOTH, "roster.picture"),
    "an iPhone's photo": (b"\0\0\0\x24ftypheic\0\0\0\0", BOTH, "roster.picture"),
    "WebP": (b"RIFF\x24\0\0\0WEBPVP8 ", BOTH, "roster.picture"),
    "gzip": (b"\x1f\x8b\x08\0\0\0\0\0", BOTH, "roster.archive"),
    "RAR": (b"Rar!\x1a\x07\x01\0", BOTH, "roster.archive"),
    "a zip of one CSV": ({"Staff 2026.csv": "school,email\n"}, BOTH, "roster.packed"),
    "a zip of a Mac": ({"__MACOSX/._terms.ics": "", "terms.ics": CALENDAR}, BOTH, "roster.packed"),
    "a broken zip": (b"PK\x03\x04 and no more", BOTH, "roster.broken-zip"),
    "an empty zip": ({}, ROSTER, "roster.no-manifest"),
    "an address book": ("BEGIN:VCARD\r\nFN:Elin Pugh\r\nEND:VCARD\r\n", BOTH, "roster.contacts"),
    "a calendar": (CALENDAR, ROSTER, "roster.calendar"),
    "a calendar in UTF-16": (CALENDAR.encode("utf-16"), ROSTER, "roster.calendar"),
    "Users.csv": (USERS, ROSTER, "roster.oneroster-table"),
    "manifest.csv": ('"propertyName","value"\r\n', ROSTER, "roster.oneroster-table"),
    "a page that asks to sign in": ("<!DOCTYPE html>\n<html>", ROSTER, "roster.web-page"),
    "a page called a spreadsheet": ("\r\n<table><tr><td>Surname</td>", ROSTER, "roster.web-page"),
    "a page instead of a calendar": ("<!DOCTYPE html>\n<html>", CAL, "calendar.web-page"),
    "Users.csv instead of a calendar": (USERS, CAL, "calendar.roster"),
    "a OneRoster zip instead of a calendar": ({"manifest.csv": "", "users.csv": ""}, CAL, "calendar.roster"),
    "Outlook's table": (
        '"Subject","Start Date","Start Time","End Date","All day event"\n',
        CAL,
        "calendar.exported-table",
    ),
    "a table of term dates": ("Description;Date from;Date to\n", CAL, "calendar.exported-table"),
    "bytes of nothing": (bytes(range(256)) * 9, BOTH, "roster.no-text"),
}


def write(file: Path, content: Content) -> None:
    match content:
        case bytes():
            file.write_bytes(content)
        case str():
            file.write_text(content, encoding="utf-8", newline="")
        case _:
            write_zip(file, content)


CASES = [(name, command) for name in FILES for command in (ROSTER, CAL) if FILES[name][1] in {command, BOTH}]


@pytest.mark.parametrize(("name", "command"), CASES)
def test_a_file_is_called_what_it_is(tmp_path: Path, name: str, command: str) -> None:
    content, _, key = FILES[name]
    file = tmp_path / "staff.csv"  # its name says nothing
    write(file, content)

    with pytest.raises(RosterError) as caught:
        read_calendar(file, WORDS) if command == CAL else read_roster(file, today=date(2026, 11, 24))

    assert [(fault.file, fault.key) for fault in caught.value.faults] == [("staff.csv", key)]


def test_the_file_to_unpack_is_named_without_its_folder(tmp_path: Path) -> None:
    file = tmp_path / "export.zip"
    write(file, {"export/": "", "export/read me.md": "", "export/Staff.csv": "school,email\n"})

    with pytest.raises(RosterError) as caught:
        read_roster(file, today=date(2026, 11, 24))

    [fault] = caught.value.faults
    assert dict(fault.facts) == {"name": "Staff.csv"}


@pytest.mark.parametrize(
    "header", ["BMI,school,email", "Rar,school", "PK,school,role", "GIF,school", "II*,x"]
)
def test_a_table_is_not_taken_for_a_picture_by_its_first_letters(tmp_path: Path, header: str) -> None:
    file = tmp_path / "staff.csv"
    file.write_text(f"{header}\nx,y,z\n", encoding="utf-8")

    with pytest.raises(RosterError) as caught:
        read_roster(file, today=date(2026, 11, 24))

    assert {fault.key for fault in caught.value.faults} == {"roster.missing-column"}
