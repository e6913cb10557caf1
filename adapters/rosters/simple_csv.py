"""The simple roster: one CSV file with a row for each role of a person, as made in a spreadsheet."""

from __future__ import annotations

import difflib
import re
import unicodedata
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path

from adapters.files.faults import FileFaults, shown
from adapters.files.table import Row, read_table
from adapters.rosters.options import RosterOptions
from adapters.rosters.vocabulary import Vocabulary
from bot.model import Profile, Role
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.rules.school_time import holidays_codes, is_holidays_code, is_time_zone

REQUIRED = ("school", "given_name", "family_name", "email", "role")
SCHOOL = ("school_id", "school", "time_zone", "holidays", "lead_name", "lead_contact")
PERSON = ("person_id", "given_name", "family_name", "email", "role", "language")
LISTS = ("subjects", "offers", "needs", "slots")
COLUMNS = (*SCHOOL, *PERSON, *LISTS, "phase")

LARGEST_MB = 64

LEAST_SIMILARITY = 0.75
"""A name this similar (0 to 1) to what was typed is suggested."""

NOT_STAFF = frozenset({"student", "pupil", "learner", "guardian", "parent", "relative", "carer"})
"""Rows with these roles are left out unread."""

EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\.]+(\.[^\s@<>()\[\],;:\"\\.]+)+")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


def recognises(_: Path) -> bool:
    """Return True: a file that is no simple roster gets faults that say what is missing."""
    return True


def read(file: Path, options: RosterOptions) -> Roster:
    """Read a simple roster. Raises `RosterError` with all its faults."""
    faults = FileFaults()
    if file.stat().st_size > LARGEST_MB << 20:
        faults.stop(file.name, None, "", "roster.too-large", limit=LARGEST_MB)
    builder = _RosterBuilder(options.vocabulary)
    with file.open("rb") as stream:
        for row in read_table(stream, file.name, COLUMNS, REQUIRED, faults):
            builder.add(row)
    faults.raise_any()
    if not builder.people:
        faults.stop(file.name, None, "", "roster.no-staff")
    return builder.roster()


@dataclass(slots=True)
class _Person:
    """A person some of whose rows may not be read yet."""

    row: int
    given_name: str
    family_name: str
    email: str
    language: str | None
    phase: str
    posts: list[tuple[Role, str]] = field(default_factory=list)
    lists: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def roster_person(self, person_id: str) -> RosterPerson:
        profile = Profile(phase=self.phase, **self.lists)
        return RosterPerson(
            source_id=person_id,
            given_name=self.given_name,
            family_name=self.family_name,
            email=self.email,
            posts=tuple(self.posts),
            language=self.language,
            profile=None if profile == Profile() else profile,
        )


class _RosterBuilder:
    """Builds schools and people from rows."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.people: dict[str, _Person] = {}
        self._vocabulary = vocabulary
        self._schools: dict[str, tuple[int, RosterSchool]] = {}
        self._ids_by_name: dict[str, tuple[int, bool]] = {}
        self._owners: dict[str, str] = {}
        self._mistakes: set[tuple[str, str]] = set()
        self._left_out = 0

    def roster(self) -> Roster:
        people = tuple(person.roster_person(person_id) for person_id, person in self.people.items())
        schools = tuple(school for _, school in self._schools.values())
        return Roster(schools=schools, people=people, left_out=self._left_out)

    def add(self, row: Row) -> None:
        """Add a row, or note its faults."""
        role = row.text("role").casefold()
        if role in NOT_STAFF:
            self._left_out += 1
            return
        cells = row.texts(COLUMNS)
        for column in REQUIRED:
            if not cells[column]:
                row.fault(column, "roster.empty-cell", name=column)
        if role and role not in {*Role}:
            row.fault("role", "roster.unknown-role", role=shown(role))
        school = self._school(row, cells)
        person_id, person = self._person(row, cells)
        if not row.is_faulty:
            self._keep_school(row, school, has_own_id=bool(cells["school_id"]))
            self._keep_person(row, person_id, person, (Role(role), school.source_id))

    def _school(self, row: Row, cells: Mapping[str, str]) -> RosterSchool:
        zone, code = cells["time_zone"], cells["holidays"]
        if zone and not is_time_zone(zone) and self._is_new_mistake("time_zone", zone):
            row.fault("time_zone", "roster.unknown-time-zone", value=shown(zone), nearest=_nearest_zone(zone))
        if code and not is_holidays_code(code) and self._is_new_mistake("holidays", code):
            row.fault("holidays", "roster.unknown-holidays", value=shown(code), nearest=_nearest_code(code))
        return RosterSchool(
            source_id=cells["school_id"] or _slug(cells["school"]),
            name=cells["school"],
            time_zone=zone or None,
            holidays=code or None,
            lead_name=cells["lead_name"] or None,
            lead_contact=cells["lead_contact"] or None,
        )

    def _is_new_mistake(self, column: str, value: str) -> bool:
        """Return whether a mistake is new: a school's mistake is repeated in the row of each of its people."""
        is_new = (column, value) not in self._mistakes
        self._mistakes.add((column, value))
        return is_new

    def _person(self, row: Row, cells: Mapping[str, str]) -> tuple[str, _Person]:
        email, language = cells["email"].lower(), cells["language"]
        if email and not EMAIL.fullmatch(email):
            row.fault("email", "roster.bad-email")
        if language and not LANGUAGE.fullmatch(language):
            row.fault("language", "roster.bad-language", value=shown(language))
        phases = self._vocabulary.keys(row, "phase", cells["phase"])
        person = _Person(
            row=row.number,
            given_name=cells["given_name"],
            family_name=cells["family_name"],
            email=email,
            language=language or None,
            phase=phases[0] if phases else "",
            lists={column: self._vocabulary.keys(row, column, cells[column]) for column in LISTS},
        )
        return cells["person_id"] or email, person

    def _keep_school(self, row: Row, school: RosterSchool, *, has_own_id: bool) -> None:
        first_row, had_own_id = self._ids_by_name.setdefault(school.name, (row.number, has_own_id))
        if has_own_id != had_own_id:
            row.fault("school_id", "roster.school-id-sometimes", first_row=first_row)
            return
        first_row, known = self._schools.setdefault(school.source_id, (row.number, school))
        merged = {}
        for each in fields(RosterSchool):
            old, new = getattr(known, each.name), getattr(school, each.name)
            if old and new and old != new:
                column = "school" if each.name == "name" else each.name
                row.fault(column, "roster.school-differs", name=column, first_row=first_row)
            merged[each.name] = old or new
        self._schools[school.source_id] = (first_row, RosterSchool(**merged))

    def _keep_person(self, row: Row, person_id: str, person: _Person, post: tuple[Role, str]) -> None:
        known = self.people.setdefault(person_id, person)
        owner = self._owners.setdefault(person.email, person_id)
        if known.email != person.email:
            row.fault("person_id", "roster.duplicate-id", first_row=known.row)
        elif owner != person_id:
            row.fault("email", "roster.duplicate-email", first_row=self.people[owner].row)
        elif (known.given_name, known.family_name) != (person.given_name, person.family_name):
            row.fault("family_name", "roster.name-differs", first_row=known.row)
        elif post in known.posts:
            row.fault("role", "roster.duplicate-post")
        else:
            known.posts.append(post)
            known.language = known.language or person.language
            known.phase = known.phase or person.phase
            for column, keys in person.lists.items():
                known.lists[column] = tuple(dict.fromkeys((*known.lists[column], *keys)))


@lru_cache
def _nearest_zone(text: str) -> str:
    zones = sorted(zoneinfo.available_timezones())
    by_city = {zone.casefold().rpartition("/")[2]: zone for zone in reversed(zones)}
    by_name = {zone.casefold(): zone for zone in zones}
    wanted = text.casefold().replace(" ", "_")
    for known in (by_name, by_city):
        if near := difflib.get_close_matches(wanted, known, n=1, cutoff=LEAST_SIMILARITY):
            return known[near[0]]
    return "Europe/London"


@lru_cache
def _nearest_code(text: str) -> str:
    wanted = text.upper().replace("_", "-").replace(" ", "-").replace("UK-", "GB-")
    codes = [code for code in holidays_codes() if len(code.partition("-")[0]) == len("GB")]
    near = difflib.get_close_matches(wanted, codes, n=1, cutoff=LEAST_SIMILARITY)
    return near[0] if near else "GB-WLS"


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_name.lower())) or name.casefold().replace(" ", "-")
