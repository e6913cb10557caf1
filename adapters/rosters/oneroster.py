"""OneRoster 1.1 and 1.2 zips of CSV files: staff of schools are kept, everybody else is dropped unread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.files.archive import Archive, open_archive
from adapters.files.faults import FileFaults, shown
from adapters.files.table import Row, read_exact_table
from adapters.rosters.simple_csv import EMAIL
from bot.model import Role
from bot.model.roster import Roster, RosterPerson, RosterSchool

COMMON = ("sourcedId", "status", "dateLastModified")
MANIFEST = ("propertyName", "value")
ORGS = (*COMMON, "name", "type", "identifier", "parentSourcedId")
USERS_1_1 = (
    *COMMON, "enabledUser", "orgSourcedIds", "role", "username", "userIds", "givenName", "familyName",
    "middleName", "identifier", "email", "sms", "phone", "agentSourcedIds", "grades", "password",
)  # fmt: skip
USERS_1_2 = (
    *COMMON, "enabledUser", "username", "userIds", "givenName", "familyName", "middleName", "identifier",
    "email", "sms", "phone", "agentSourcedIds", "grades", "password", "userMasterIdentifier",
    "resourceSourcedIds", "preferredGivenName", "preferredMiddleName", "preferredFamilyName",
    "primaryOrgSourcedId", "pronouns",
)  # fmt: skip
ROLES = (
    *COMMON, "userSourcedId", "roleType", "role", "beginDate", "endDate", "orgSourcedId",
    "userProfileSourcedId",
)  # fmt: skip

TAKEN = {"teacher": Role.TEACHER, "principal": Role.PRINCIPAL}
LEADS = frozenset({"administrator", "siteadministrator"})
"""Perhaps principals, perhaps the people who run the computers: only the importer knows."""

LONGEST_LIST = 10_000

LEFT_OUT = frozenset(
    {"aide", "counselor", "districtadministrator", "guardian", "parent", "proctor", "relative", "student"}
    | {"systemadministrator"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OneRosterRules:
    """What the file itself cannot say."""

    today: date
    """Roles that ended before are dropped."""
    administrators_are_principals: bool | None = None
    """None: not asked yet, so that the first administrator of OneRoster 1.1 is a fault that asks."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A role that somebody holds at an organisation."""

    role: Role
    org_id: str
    is_primary: bool = False
    is_deleted: bool = False
    row: int = 0


def read(path: Path, rules: OneRosterRules) -> Roster:
    """Read a OneRoster zip; raises `RosterError` with all its faults."""
    faults = FileFaults()
    with open_archive(path, faults) as archive:
        manifest = _manifest(path.name, archive, faults)
        return _Reading(archive, manifest, rules, faults).roster()


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What a zip says about itself."""

    is_1_2: bool
    modes: Mapping[str, str]
    """File (`users`) → bulk, delta or absent."""

    def is_delta(self) -> bool:
        return any(self.modes.get(file) == "delta" for file in ("orgs", "users", "roles"))


def _manifest(name: str, archive: Archive, faults: FileFaults) -> _Manifest:
    if "manifest.csv" not in archive:
        if "[Content_Types].xml" in archive:
            faults.stop(name, None, "", "roster.spreadsheet")
        is_nested = archive.folders_with("manifest.csv")
        faults.stop(name, None, "", "roster.nested-zip" if is_nested else "roster.no-manifest")
    modes: dict[str, str] = {}
    version = ""
    with archive.open("manifest.csv") as stream:
        for row in read_exact_table(stream, "manifest.csv", MANIFEST, faults):
            key, value = row.text("propertyName"), row.text("value").casefold()
            if key == "oneroster.version":
                version = ".".join(value.split(".")[:2])  # 1.1.1 is 1.1 with its errata
            elif key in {"file.orgs", "file.users", "file.roles"}:
                modes[key.removeprefix("file.")] = value
                if value not in {"bulk", "delta", "absent"}:
                    row.fault("value", "roster.unknown-mode", name=key, value=shown(value))
    if version not in {"1.1", "1.2"}:
        faults.add("manifest.csv", None, "oneroster.version", "roster.unknown-version")
    faults.raise_any()
    return _Manifest(version == "1.2", modes)


class _Reading:
    """One pass through a zip: organisations first, then roles where they have their own file, then people."""

    def __init__(
        self, archive: Archive, manifest: _Manifest, rules: OneRosterRules, faults: FileFaults
    ) -> None:
        self._archive = archive
        self._manifest = manifest
        self._rules = rules
        self._faults = faults
        self._org_ids: set[str] = set()
        self._schools: dict[str, RosterSchool] = {}
        self._people: dict[str, RosterPerson] = {}
        self._emails: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._administrators: list[int] = []
        self._left_out = 0

    def roster(self) -> Roster:
        for row in self._table("orgs", ORGS):
            self._take_org(row)
        if self._manifest.is_1_2:
            self._take_users_1_2(self._roles())
        else:
            self._take_users_1_1()
        if rows := self._administrators:
            self._faults.add("users.csv", rows[0], "role", "roster.administrators", n=len(rows))
        self._faults.raise_any()
        if not self._people and not self._manifest.is_delta():
            self._faults.stop("users.csv", None, "", "roster.no-staff")
        return Roster(
            schools=tuple(self._schools.values()),
            people=tuple(self._people.values()),
            is_delta=self._manifest.is_delta(),
            left_out=self._left_out,
        )

    def _table(self, name: str, header: tuple[str, ...]) -> Iterator[Row]:
        """The rows of a file; none if the manifest says it is absent, which only a delta's may be."""
        file = f"{name}.csv"
        modes = self._manifest.modes
        is_absent = modes.get(name) == "absent"
        # Users without any roles might all be pupils.
        may_be_absent = self._manifest.is_delta() and (name != "roles" or modes.get("users") == "absent")
        if file in self._archive and not is_absent:
            with self._archive.open(file) as stream:
                yield from read_exact_table(stream, file, header, self._faults)
            if self._faults.is_cut_off:
                self._faults.raise_any()
        elif not (is_absent and may_be_absent):
            self._faults.stop(file, None, "", "roster.missing-file", name=file)

    def _take_org(self, row: Row) -> None:
        org_id, name = row.text("sourcedId"), row.text("name")
        if not org_id:
            row.fault("sourcedId", "roster.empty-cell", name="sourcedId")
        elif org_id in self._org_ids:
            row.fault("sourcedId", "roster.doubled-id")
        self._org_ids.add(org_id)
        if row.text("type").casefold() == "school" and not _is_deleted(row):
            if not name:
                row.fault("name", "roster.empty-cell", name="name")
            self._schools[org_id] = RosterSchool(source_id=org_id, name=name)

    # --- who holds which role ---

    def _role(self, row: Row) -> Role | None:
        """Our role for the row's, or None: a role that is not ours to keep."""
        name = row.text("role").casefold()
        if name in LEADS:
            if self._rules.administrators_are_principals is None and name == "administrator":
                self._administrators.append(row.number)
            return Role.PRINCIPAL if self._rules.administrators_are_principals else None
        if name not in TAKEN and name not in LEFT_OUT and not name.startswith("ext:"):
            row.fault("role", "roster.unknown-oneroster-role", role=shown(row.text("role")))
        return TAKEN.get(name)

    def _roles(self) -> dict[str, list[_Held]]:
        """Staff roles by the user's id, ended ones left out."""
        held: dict[str, list[_Held]] = {}
        for row in self._table("roles", ROLES):
            role = self._role(row)
            if role is None or self._has_ended(row):
                continue
            user_id, org_id = row.text("userSourcedId"), row.text("orgSourcedId")
            for column, value in (("userSourcedId", user_id), ("orgSourcedId", org_id)):
                if not value:
                    row.fault(column, "roster.empty-cell", name=column)
            if self._is_known(row, "orgSourcedId", org_id):
                is_primary = row.text("roleType").casefold() == "primary"
                one = _Held(role, org_id, is_primary, _is_deleted(row), row.number)
                held.setdefault(user_id, []).append(one)
        return held

    def _has_ended(self, row: Row) -> bool:
        text = row.text("endDate")
        try:
            return bool(text) and date.fromisoformat(text[:10]) <= self._rules.today
        except ValueError:
            row.fault("endDate", "roster.bad-date", name="endDate")
            return False

    def _is_known(self, row: Row, column: str, org_id: str) -> bool:
        # A delta names only what changed: the organisation may have come before.
        is_known = not org_id or org_id in self._org_ids or self._manifest.is_delta()
        if not is_known:
            row.fault(column, "roster.unknown-org")
        return is_known

    # --- people ---

    def _take_users_1_1(self) -> None:
        for row in self._table("users", USERS_1_1):
            role = self._role(row)
            if role is None:
                self._left_out += 1
                continue
            org_ids = list(filter(None, map(str.strip, row.text("orgSourcedIds", LONGEST_LIST).split(","))))
            if not org_ids:
                row.fault("orgSourcedIds", "roster.empty-cell", name="orgSourcedIds")
            held = [_Held(role, each) for each in org_ids if self._is_known(row, "orgSourcedIds", each)]
            self._take_person(row, held)

    def _take_users_1_2(self, held: dict[str, list[_Held]]) -> None:
        met: set[str] = set()
        for row in self._table("users", USERS_1_2):
            user_id = row.text("sourcedId")
            if user_id not in held:
                self._left_out += 1
                continue
            met.add(user_id)
            home = row.text("primaryOrgSourcedId")
            self._take_person(
                row, sorted(held[user_id], key=lambda one: (one.org_id != home, not one.is_primary))
            )
        strangers = (one for user_id, roles in held.items() if user_id not in met for one in roles)
        for one in strangers:
            if not one.is_deleted:
                self._faults.add("roles.csv", one.row, "userSourcedId", "roster.role-without-user")

    def _take_person(self, row: Row, held: list[_Held]) -> None:
        is_active = not _is_deleted(row) and _is_enabled(row)
        if is_active and any(one.is_deleted for one in held):
            held = [one for one in held if not one.is_deleted]
            if not held and self._manifest.is_delta():
                row.fault("sourcedId", "roster.role-taken-away")
        posts = dict.fromkeys((one.role, one.org_id) for one in held if self._is_school(one.org_id))
        if not posts and not row.is_faulty:
            self._left_out += 1
            return
        person = RosterPerson(
            source_id=row.text("sourcedId"),
            given_name=row.text("preferredGivenName") or row.text("givenName"),
            family_name=row.text("preferredFamilyName") or row.text("familyName"),
            email=row.text("email").lower(),
            posts=tuple(posts),
            active=is_active,
        )
        self._check_person(row, person)
        self._people[person.source_id] = person

    def _is_school(self, org_id: str) -> bool:
        return org_id in self._schools or org_id not in self._org_ids

    def _check_person(self, row: Row, person: RosterPerson) -> None:
        first_row = self._rows.setdefault(person.source_id, row.number)
        if not person.source_id:
            row.fault("sourcedId", "roster.empty-cell", name="sourcedId")
        elif first_row != row.number:
            row.fault("sourcedId", "roster.doubled-id")
        if not person.active:
            return
        for column, value in (("givenName", person.given_name), ("familyName", person.family_name)):
            if not value:
                row.fault(column, "roster.empty-cell", name=column)
        if not person.email:
            row.fault("email", "roster.no-email")
        elif not EMAIL.fullmatch(person.email):
            row.fault("email", "roster.bad-email")
        elif (owner := self._emails.setdefault(person.email, row.number)) != row.number:
            row.fault("email", "roster.duplicate-email", first_row=owner)


def _is_deleted(row: Row) -> bool:
    status = row.text("status").casefold()
    if status not in {"", "active", "tobedeleted", "inactive"}:
        row.fault("status", "roster.unknown-status")
    return status in {"tobedeleted", "inactive"}


def _is_enabled(row: Row) -> bool:
    enabled = row.text("enabledUser").casefold()
    if enabled not in {"", "true", "false", "1", "0"}:
        row.fault("enabledUser", "roster.bad-flag", name="enabledUser")
    return enabled not in {"false", "0"}
