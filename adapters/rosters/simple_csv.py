"""The simple roster: one CSV file with a row for each role of a person, as made in a spreadsheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path

from adapters.files.faults import FileFaults, shown
from adapters.files.table import Row, read_table
from adapters.rosters.headings import ALIASES, LEFT, WHOLE_NAME, parts_of, roles_of
from adapters.rosters.options import RosterOptions
from adapters.rosters.suggestions import nearest_code, nearest_zone
from bot.model import Profile, Role
from bot.model.roster import Roster, RosterPerson, RosterSchool
from bot.rules.school_time import has_city, is_holidays_code, is_time_zone
from bot.rules.spelling import folded, slug

REQUIRED = ("school", "given_name", "family_name", "email", "role")
SCHOOL = ("school_id", "school", "time_zone", "holidays", "lead_name", "lead_contact")
PERSON = ("person_id", "given_name", "family_name", "name", "email", "role", "language")
LISTS = ("subjects", "offers", "needs", "slots")
COLUMNS = (*SCHOOL, *PERSON, *LISTS, "phase")
IDS = ("school_id", "person_id", "email")

LARGEST_MB = 64

NOT_STAFF = frozenset({"student", "pupil", "learner", "guardian", "parent", "relative", "carer"})
"""Rows with these roles are left out unread."""

EMAIL = re.compile(r"[^\s@<>()\[\],;:\"\\]+@[^\s@<>()\[\],;:\"\\.]+(\.[^\s@<>()\[\],;:\"\\.]+)+")
DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d).*|(\d{1,2})[./](\d{1,2})[./](\d{4}).*")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)


def recognises(_: Path) -> bool:
    """Return True: a file that is no simple roster gets faults that say what is missing."""
    return True


def read(file: Path, options: RosterOptions) -> Roster:
    """Read a simple roster. Raises `RosterError` with all its faults."""
    faults = FileFaults()
    if file.stat().st_size > LARGEST_MB << 20:
        faults.stop(file.name, None, "", "roster.too-large", limit=LARGEST_MB)
    builder = _RosterBuilder(options)
    given = {"school": options.school, "role": options.role}
    required = [column for column in REQUIRED if not given.get(column)]
    with file.open("rb") as stream:
        for row in read_table(stream, file.name, COLUMNS, required, faults, ALIASES, WHOLE_NAME):
            builder.add(row)
    faults.raise_any()
    if not builder.people:
        faults.stop(file.name, None, "", "roster.no-staff")
    return replace(builder.roster(), remarks=faults.remarks)


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

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

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

    def __init__(self, options: RosterOptions) -> None:
        self.people: dict[str, _Person] = {}
        self._options = options
        self._vocabulary = options.vocabulary
        self._spellings: dict[tuple[str, str], tuple[int, str]] = {}
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
        """Add a row, or note its faults, or why it is left out."""
        role = row.text("role").casefold() or self._options.role
        if role in NOT_STAFF:
            self._left_out += 1
            return
        cells = row.texts(COLUMNS) | {column: row.identifier(column) for column in IDS}
        cells["school"] = cells["school"] or self._options.school
        whole = cells["name"] if not (cells["given_name"] or cells["family_name"]) else ""
        cells["given_name"], cells["family_name"] = parts_of(whole) or (
            cells["given_name"],
            cells["family_name"],
        )
        if self._is_left_out(row, cells):
            self._left_out += 1
            return
        if whole and not cells["family_name"]:
            row.fault("name", "roster.whole-name", name=shown(whole))
        for column in REQUIRED:
            is_told = column in WHOLE_NAME if whole else column == "role" and role
            if not (cells[column] or is_told):
                row.fault(column, "roster.empty-cell", name=column)
        roles = roles_of(role)
        if role and not roles:
            row.fault("role", "roster.unknown-role", role=shown(role))
        school = self._school(row, cells)
        person_id, person = self._person(row, cells)
        if not row.is_faulty:
            self._keep_school(row, school, has_own_id=bool(cells["school_id"]))
        if not row.is_faulty:
            for each in roles:
                self._keep_person(row, person_id, person, (each, school.source_id))

    def _is_left_out(self, row: Row, cells: Mapping[str, str]) -> bool:
        """Return whether the row is nobody's, such as totals, or in an export somebody whom we do not need."""
        names = [name for name in (cells["given_name"], cells["family_name"]) if name] or cells[
            "name"
        ].split()
        if not cells["email"] and len(names) < (1 if row.text("role") else 2):
            row.remark("", "roster.left-nobody")
            return True
        if not row.is_aliased("role"):
            return False
        title = row.text("role")
        if row.text("state").casefold() in LEFT or self._has_left(row):
            row.remark("", "roster.left-gone")
        elif not title and not self._options.role:
            row.remark("role", "roster.left-without-title")
        elif title and not roles_of(title):
            row.remark("role", "roster.left-title", title=shown(title))
        elif not cells["email"]:
            row.remark("email", "roster.left-no-email")
        else:
            return False
        return True

    def _has_left(self, row: Row) -> bool:
        """Return whether the row's day of leaving is past; of two ways to read a day the later one counts."""
        found = DATE.fullmatch(row.text("left_on"))
        if not found:
            return False
        year, month, day, first, second, last = found.groups()
        ways = [(year, month, day)] if year else [(last, second, first), (last, first, second)]
        days = []
        for way in ways:
            try:
                days.append(date(*map(int, way)))
            except ValueError:  # there is no such day: it was the other way
                continue
        return bool(days) and max(days) <= self._options.today

    def _school(self, row: Row, cells: Mapping[str, str]) -> RosterSchool:
        zone, code = cells["time_zone"], cells["holidays"]
        if zone and not has_city(zone) and self._is_new_mistake("time_zone", zone):
            key = "roster.zone-without-city" if is_time_zone(zone) else "roster.unknown-time-zone"
            if nearest := nearest_zone(zone):
                row.fault("time_zone", key, value=shown(zone), nearest=nearest)
            else:
                row.fault("time_zone", "roster.unheard-time-zone", value=shown(zone))
        if code and not is_holidays_code(code) and self._is_new_mistake("holidays", code):
            row.fault("holidays", "roster.unknown-holidays", value=shown(code), nearest=nearest_code(code))
        return RosterSchool(
            source_id=cells["school_id"] or slug(cells["school"]),
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

    def _is_one_spelling(self, row: Row, column: str, text: str, key: str) -> bool:
        """Return whether a name or id is written here as in the row where it came first; if not, note a fault."""
        first_row, first = self._spellings.setdefault((column, folded(text)), (row.number, text))
        if first != text:
            row.fault(column, key, first_row=first_row)
        return first == text

    def _keep_school(self, row: Row, school: RosterSchool, *, has_own_id: bool) -> None:
        if has_own_id:
            if not self._is_one_spelling(row, "school_id", school.source_id, "roster.id-spelled-twice"):
                return
        elif not self._is_one_spelling(row, "school", school.name, "roster.school-spelled-twice"):
            return
        first_row, had_own_id = self._ids_by_name.setdefault(school.name, (row.number, has_own_id))
        if has_own_id != had_own_id:
            row.fault("school_id", "roster.school-id-sometimes", first_row=first_row)
            return
        first_row, known = self._schools.setdefault(school.source_id, (row.number, school))
        merged = {}
        for each in fields(RosterSchool):
            old, new = getattr(known, each.name), getattr(school, each.name)
            if old and new and old != new and (each.name != "name" or folded(old) != folded(new)):
                column = "school" if each.name == "name" else each.name
                row.fault(column, "roster.school-differs", name=column, first_row=first_row)
            merged[each.name] = old or new
        self._schools[school.source_id] = (first_row, RosterSchool(**merged))

    def _keep_person(self, row: Row, person_id: str, person: _Person, post: tuple[Role, str]) -> None:
        if not self._is_one_spelling(row, "person_id", person_id, "roster.id-spelled-twice"):
            return
        known = self.people.setdefault(person_id, person)
        owner = self._owners.setdefault(person.email, person_id)
        if known.email != person.email:
            row.fault("person_id", "roster.duplicate-id", first_row=known.row)
        elif owner != person_id:
            row.fault("email", "roster.duplicate-email", first_row=self.people[owner].row)
        elif folded(known.name) != folded(person.name):
            row.fault("family_name", "roster.name-differs", first_row=known.row)
        elif post in known.posts:
            row.fault("role", "roster.duplicate-post")
        else:
            known.posts.append(post)
            known.language = known.language or person.language
            known.phase = known.phase or person.phase
            for column, keys in person.lists.items():
                known.lists[column] = tuple(dict.fromkeys((*known.lists[column], *keys)))
