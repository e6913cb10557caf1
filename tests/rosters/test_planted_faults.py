"""One planted fault for each sentence of `prompts/bot/roster.en.md`, so that none is unused or missing."""

import zipfile
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import pytest

from adapters.files.archive import LARGEST_RATIO
from adapters.rosters import read_calendar, read_roster
from adapters.rosters.simple_csv import LARGEST_MB
from bot.model.roster import Fault, Roster, RosterError
from bot.prompts import Prompts
from tests.rosters.make import oneroster_files, write_zip
from tests.support.places import PROMPTS

HEADER = "school,given_name,family_name,email,role"
ELIN = "A School,Elin,Pugh,e@x.org,teacher"
SCHOOL = {"sourcedId": "a", "name": "A School", "type": "school"}
USER = {"sourcedId": "u", "givenName": "Elin", "familyName": "Pugh", "email": "e@x.org"}
ROLE = {"sourcedId": "r", "userSourcedId": "u", "role": "teacher", "orgSourcedId": "a"}

Plant = str | bytes | Mapping[str, str | bytes] | Callable[[Path], object]


def one_row(columns: str, cells: str) -> str:
    return f"{HEADER},{columns}\n{ELIN},{cells}\n"


def export(
    *, org: object = None, user: object = None, role: object = None, delta: bool = False
) -> dict[str, str]:
    """Return a valid export of version 1.2 with the given cells or lines changed."""

    def lines(right: dict[str, str], planted: object) -> list[dict[str, str]]:
        if planted is None:
            return [right]
        return [right | planted] if isinstance(planted, dict) else list(planted)  # type: ignore[call-overload]

    return oneroster_files(
        orgs=lines(SCHOOL, org),
        users=lines(USER, user),
        roles=lines(ROLE, role),
        modes=dict.fromkeys(("orgs", "users", "roles"), "delta" if delta else "bulk"),
    )


def without(name: str) -> dict[str, str]:
    return {file: content for file, content in export().items() if file != name}


def changed(name: str, old: str, new: str) -> dict[str, str]:
    return export() | {name: export()[name].replace(old, new)}


def old_version(role: str) -> dict[str, str]:
    return oneroster_files("1.1", orgs=[SCHOOL], users=[USER | {"role": role, "orgSourcedIds": "a"}])


def encrypted(path: Path) -> None:
    write_zip(path, export())
    # The standard library cannot encrypt, but the mark in each file's central record is what counts.
    path.write_bytes(
        path.read_bytes().replace(
            b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00"
        )
    )


def doubled(path: Path) -> None:
    write_zip(path, export())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("orgs.csv", "")


def huge(path: Path) -> None:
    with path.open("wb") as stream:
        stream.write(HEADER.encode())
        stream.truncate((LARGEST_MB << 20) + 1)


def all_day(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def repeats(count: int) -> str:
    day = "BEGIN:VEVENT\r\nSUMMARY:INSET\r\nDTSTART;VALUE=DATE:20200101\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
    return f"BEGIN:VCALENDAR\r\n{day * count}END:VCALENDAR\r\n"


WORDS = Prompts.load(PROMPTS).calendar_words
DAYS = "kind,title,first_day,last_day\n"
A_YEAR = "".join(f"closed,Off,{year}-01-01,{year}-12-31\n" for year in range(2020, 2025))

# Where each fault is found: row and column.
ROSTERS: dict[str, tuple[Plant, int | None, str]] = {
    "roster.more": (HEADER + "\nA,E,P,nobody,teacher" * 52, None, ""),
    "roster.empty": ("\ufeff\n\n", None, ""),
    "roster.no-text": (b"\0\1\2nothing\0\0", None, ""),
    "roster.not-utf-8": (f"{HEADER}\n{ELIN.replace('Pugh', 'Hâf')}".encode("cp1252"), None, ""),
    "roster.broken-row": (f'{HEADER}\n{ELIN}\n"A,Elin\n{ELIN}', 3, ""),
    "roster.spreadsheet": ({"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>"}, None, ""),
    "roster.no-file": (lambda _: None, None, ""),
    "roster.folder": (Path.mkdir, None, ""),
    "roster.pdf": (b"%PDF-1.7\n\xe2\xe3", None, ""),
    "roster.document": ({"word/document.xml": "<w:document/>"}, None, ""),
    "roster.picture": (b"\x89PNG\r\n\x1a\n\0\0", None, ""),
    "roster.archive": (b"7z\xbc\xaf\x27\x1c", None, ""),
    "roster.packed": ({"staff/Staff list.csv": HEADER}, None, ""),
    "roster.oneroster-table": ("sourcedId,status,dateLastModified,enabledUser\n", None, ""),
    "roster.web-page": ("<html><table><tr><td>Elin</td></tr></table></html>", None, ""),
    "roster.contacts": ("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Elin Pugh\r\nEND:VCARD\r\n", None, ""),
    "roster.calendar": ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", None, ""),
    "roster.too-large": (huge, None, ""),
    "roster.missing-column": ("school,given_name,family_name,email\n", 1, "role"),
    "roster.doubled-column": (f"{HEADER},E-Mail\n", 1, "email"),
    "roster.misplaced-column": (
        changed("users.csv", "enabledUser,username", "username,enabledUser"),
        1,
        "enabledUser",
    ),
    "roster.too-many-cells": (f"{HEADER}\n{ELIN},more\n", 2, ""),
    "roster.too-long": (one_row("subjects", "x" * 201), 2, "subjects"),
    "roster.control-characters": (one_row("lead_name", "A\x07B"), 2, "lead_name"),
    "roster.no-staff": (f"{HEADER}\nA,x,x,x,pupil\n", None, ""),
    "roster.whole-name": ("school,name,email,role\nA,Elin Mair Pugh,e@x.org,teacher\n", 2, "name"),
    "roster.empty-cell": (f"{HEADER}\nA,Elin,,e@x.org,teacher\n", 2, "family_name"),
    "roster.unknown-role": (f"{HEADER}\nA,Elin,Pugh,e@x.org,cook\n", 2, "role"),
    "roster.bad-email": (f"{HEADER}\nA,Elin,Pugh,e@x,teacher\n", 2, "email"),
    "roster.bad-language": (one_row("language", "Welsh!"), 2, "language"),
    "roster.unknown-practice": (one_row("needs", "juggling"), 2, "needs"),
    "roster.unknown-slot": (one_row("slots", "mon-noon"), 2, "slots"),
    "roster.unknown-phase": (one_row("phase", "third"), 2, "phase"),
    "roster.unknown-time-zone": (one_row("time_zone", "Londn"), 2, "time_zone"),
    "roster.unheard-time-zone": (one_row("time_zone", "Moon Standard Time"), 2, "time_zone"),
    "roster.zone-without-city": (one_row("time_zone", "EST"), 2, "time_zone"),
    "roster.school-spelled-twice": (
        f"{HEADER}\nSt John's,E,P,e@x.org,teacher\nSt. Johns,F,P,f@x.org,teacher",
        3,
        "school",
    ),
    "roster.id-spelled-twice": (
        f"{HEADER},person_id\n{ELIN},007\nA School,F,P,f@x.org,teacher,7",
        3,
        "person_id",
    ),
    "roster.spreadsheet-error": (f"{HEADER}\n{ELIN.replace('Elin', '#N/A')}", 2, "given_name"),
    "roster.rounded-number": (one_row("person_id", "1.23457E+11"), 2, "person_id"),
    "roster.lost-letters": (f"{HEADER}\nA School,El\ufffdn,Pugh,e@x.org,teacher", 2, "given_name"),
    "roster.unknown-holidays": (one_row("holidays", "Wales"), 2, "holidays"),
    "roster.school-id-sometimes": (
        f"{HEADER},school_id\n{ELIN},7\nA School,F,P,f@x.org,teacher,\n",
        3,
        "school_id",
    ),
    "roster.school-differs": (
        f"{HEADER},holidays\n{ELIN},IE\nA School,F,P,f@x.org,teacher,NZ\n",
        3,
        "holidays",
    ),
    "roster.duplicate-id": (
        f"{HEADER},person_id\n{ELIN},7\nA School,F,P,f@x.org,teacher,7\n",
        3,
        "person_id",
    ),
    "roster.duplicate-email": (
        f"{HEADER},person_id\n{ELIN},7\nA School,F,P,E@x.org,teacher,8\n",
        3,
        "email",
    ),
    "roster.name-differs": (f"{HEADER}\n{ELIN}\nB School,Ellen,Pugh,e@x.org,teacher\n", 3, "family_name"),
    "roster.duplicate-post": (f"{HEADER}\n{ELIN}\n\n{ELIN}\n", 4, "role"),
    "roster.broken-zip": (b"PK\x03\x04 and then something else", None, ""),
    "roster.encrypted": (encrypted, None, ""),
    "roster.zip-bomb": (export() | {"users.csv": "x" * (20 << 20)}, None, ""),
    "roster.nested-zip": ({f"export/{name}": content for name, content in export().items()}, None, ""),
    "roster.no-manifest": (without("manifest.csv"), None, ""),
    "roster.doubled-file": (doubled, None, ""),
    "roster.missing-file": (without("roles.csv"), None, ""),
    "roster.unknown-version": (changed("manifest.csv", "1.2", "2.0"), None, "oneroster.version"),
    "roster.unknown-mode": (changed("manifest.csv", "file.users,bulk", "file.users,all"), 5, "value"),
    "roster.doubled-id": (export(org=[SCHOOL, SCHOOL]), 3, "sourcedId"),
    "roster.unknown-org": (export(role={"orgSourcedId": "b"}), 2, "orgSourcedId"),
    "roster.unknown-oneroster-role": (export(role={"role": "cook"}), 2, "role"),
    "roster.administrators": (old_version("administrator"), 2, "role"),
    "roster.role-without-user": (export(user={"sourcedId": "v"}), 2, "userSourcedId"),
    "roster.role-taken-away": (export(role={"status": "tobedeleted"}, delta=True), 2, "sourcedId"),
    "roster.unknown-status": (export(user={"status": "gone"}), 2, "status"),
    "roster.bad-flag": (export(user={"enabledUser": "maybe"}), 2, "enabledUser"),
    "roster.bad-date": (export(role={"endDate": "31.7.2026"}), 2, "endDate"),
}
CALENDARS: dict[str, tuple[Plant, int | None, str]] = {
    "calendar.broken": ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR\r\nEND:VEVENT", None, ""),
    "calendar.no-events": ("BEGIN:VCALENDAR\r\nEND:VCALENDAR", None, ""),
    "calendar.cut-off": ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:INS", None, ""),
    "calendar.not-utf-8": (all_day("SUMMARY:Congé (closed)").encode("cp1252"), None, ""),
    "calendar.web-page": ("\n<!DOCTYPE html>\n<html><body>Sign in</body></html>", None, ""),
    "calendar.roster": ("Given name;Family name;E-mail\nElin;Pugh;e@x.org\n", None, ""),
    "calendar.exported-table": ("Subject,Start Date,End Date\nINSET,16/11/2026,16/11/2026\n", None, ""),
    "calendar.unknown-kind": (f"{DAYS}week,x,2026-09-01,\n", 2, "kind"),
    "calendar.ends-before": (f"{DAYS}term,x,2026-09-02,2026-09-01\n", 2, "last_day"),
    "calendar.date-order": (f"{DAYS}term,x,01/09/2026,\n", 2, "first_day"),
    "calendar.bad-date": (f"{DAYS}term,x,2026-9-1,\n", 2, "first_day"),
    "calendar.far-away": (f"{DAYS}term,x,0026-09-01,0026-12-01\n", None, ""),
    "calendar.too-long": (f"{DAYS}term,x,2026-09-01,2027-12-01\n", None, ""),
    "calendar.too-many-repeats": (repeats(20), None, ""),
    "calendar.too-many-days": (DAYS + A_YEAR, None, ""),
}


def faults_of(plant: Plant, file: Path, *, is_calendar: bool) -> tuple[Fault, ...]:
    match plant:
        case str():
            file.write_text(plant, encoding="utf-8", newline="")
        case bytes():
            file.write_bytes(plant)
        case Mapping():
            write_zip(file, plant)
        case _:
            plant(file)
    with pytest.raises(RosterError) as caught:
        read_calendar(file, WORDS) if is_calendar else read_with_lists(file)
    return caught.value.faults


def read_with_lists(file: Path) -> Roster:
    return read_roster(
        file,
        today=date(2026, 11, 24),
        practices=frozenset({"feedback"}),
        slots=frozenset({"mon-after"}),
        phases=frozenset({"primary"}),
    )


@pytest.mark.parametrize("key", [*ROSTERS, *CALENDARS])
def test_a_planted_fault_is_found_in_its_place_and_said_with_its_mend(tmp_path: Path, key: str) -> None:
    plant, row, column = (ROSTERS | CALENDARS)[key]

    faults = faults_of(plant, tmp_path / "file", is_calendar=key in CALENDARS)

    assert [fault.key for fault in faults if fault.key != "roster.more"] == (
        ["roster.bad-email"] * 50 if key == "roster.more" else [key]
    )
    assert (faults[-1].row, faults[-1].column) == (row, column)
    sentence = Prompts.load(PROMPTS).voice("en").text(key, **dict(faults[-1].facts))
    assert not set("{}") & set(sentence)
    for _, fact in faults[-1].facts:
        assert fact in sentence, "a fact that nobody is told"


def test_every_sentence_on_rosters_and_calendars_has_its_planted_fault() -> None:
    voice = Prompts.load(PROMPTS).voice("en")
    lines = (PROMPTS / "bot" / "roster.en.md").read_text().splitlines()
    written = {line.removeprefix("## ") for line in lines if line.startswith("## ")}

    assert written == {*ROSTERS, *CALENDARS}
    assert all(voice.has(key) for key in written)


@pytest.mark.parametrize("old_excel", [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_an_old_spreadsheet_is_named_as_one(tmp_path: Path, old_excel: bytes) -> None:
    faults = faults_of(old_excel, tmp_path / "file", is_calendar=False)

    assert [fault.key for fault in faults] == ["roster.spreadsheet"]


def test_a_file_in_a_zip_that_is_too_large_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    file = write_zip(tmp_path / "file.zip", export())
    content = bytearray(file.read_bytes())
    central = content.index(b"PK\x01\x02", content.rindex(b"users.csv", 0, len(content)) - 60)
    content[central + 24 : central + 28] = (201 << 20).to_bytes(4, "little")  # the unpacked size it announces

    faults = faults_of(bytes(content), file, is_calendar=False)

    assert [(fault.file, fault.key) for fault in faults] == [("users.csv", "roster.too-large")]


def test_a_roster_that_only_repeats_itself_is_no_bomb(tmp_path: Path) -> None:
    users = [USER | {"sourcedId": f"u{n}", "email": f"u{n}@x.org"} for n in range(20_000)]
    roles = [ROLE | {"userSourcedId": user["sourcedId"]} for user in users]
    file = write_zip(tmp_path / "file.zip", export(user=users, role=roles))
    info = zipfile.ZipFile(file).getinfo("users.csv")

    assert len(read_roster(file, today=date(2026, 11, 24)).people) == 20_000
    assert info.file_size / info.compress_size < LARGEST_RATIO / 4
