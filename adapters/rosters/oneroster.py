"""OneRoster 1.1 and 1.2: zips of CSV files. Only staff of schools are read, pupils and parents are left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from adapters.files.archive import Archive, open_archive
from adapters.files.faults import FileFaults, shown
from adapters.files.table import Row, read_exact_table
from adapters.rosters.options import RosterOptions
from adapters.rosters.simple_csv import EMAIL
from bot.model import Role
from bot.model.roster import Roster, RosterPerson, RosterSchool

ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
"""The first bytes of a zip, and of an empty one."""
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

STAFF_ROLES = {"teacher": Role.TEACHER, "principal": Role.PRINCIPAL}
ADMINISTRATOR_ROLES = frozenset({"administrator", "siteadministrator"})
"""Roles that may mean a principal or somebody who runs the computers: the person who imports decides."""

LONGEST_LIST = 10_000

LEFT_OUT = frozenset(
    {"aide", "counselor", "districtadministrator", "guardian", "parent", "proctor", "relative", "student"}
    | {"systemadministrator"}
)


@dataclass(frozen=True, slots=True)
class _OrgRole:
    """A user's role at an organisation."""

    role: Role
    org_id: str
    is_primary: bool = False
    is_deleted: bool = False
    row: int = 0


def recognises(file: Path) -> bool:
    """Return whether the file is a zip."""
    with file.open("rb") as stream:
        return stream.read(4) in ZIPS


def read(file: Path, options: RosterOptions) -> Roster:
    """Read a OneRoster zip. Raises `RosterError` with all its faults."""
    faults = FileFaults()
    with open_archive(file, faults) as archive:
        manifest = _manifest(file.name, archive, faults)
        return _Reader(archive, manifest, options, faults).roster()


@dataclass(frozen=True, slots=True)
class _Manifest:
    """The version and the file modes of a zip."""

    is_1_2: bool
    modes: Mapping[str, str]
    """By file, such as `users`: bulk, delta or absent."""

    def is_delta(self) -> bool:
        return any(self.modes.get(file) == "delta" for file in ("orgs", "users", "roles"))


def _manifest(name: str, archive: Archive, faults: FileFaults) -> _Manifest:
    if "manifest.csv" not in archive:
        is_nested = archive.has_in_folder("manifest.csv")
        faults.stop(name, None, "", "roster.nested-zip" if is_nested else "roster.no-manifest")
    modes: dict[str, str] = {}
    version = ""
    with archive.open("manifest.csv") as stream:
        for row in read_exact_table(stream, "manifest.csv", MANIFEST, faults):
            key, value = row.text("propertyName"), row.text("value").casefold()
            if key == "oneroster.version":
                version = ".".join(value.split(".")[:2])  # 1.1.1 only corrects mistakes of 1.1
            elif key in {"file.orgs", "file.users", "file.roles"}:
                modes[key.removeprefix("file.")] = value
                if value not in {"bulk", "delta", "absent"}:
                    row.fault("value", "roster.unknown-mode", name=key, value=shown(value))
    if version not in {"1.1", "1.2"}:
        faults.add("manifest.csv", None, "oneroster.version", "roster.unknown-version")
    faults.raise_any()
    return _Manifest(version == "1.2", modes)


class _Reader:
    """Reads a zip once: organisations first, then roles (1.2 only), then users."""

    def __init__(
        self, archive: Archive, manifest: _Manifest, options: RosterOptions, faults: FileFaults
    ) -> None:
        self._archive = archive
        self._manifest = manifest
        self._options = options
        self._faults = faults
        self._org_ids: set[str] = set()
        self._parents: dict[str, str] = {}
        self._schools: dict[str, RosterSchool] = {}
        self._people: dict[str, RosterPerson] = {}
        self._emails: dict[str, int] = {}
        self._rows: dict[str, int] = {}
        self._administrators: list[int] = []
        self._left_out = 0

    def roster(self) -> Roster:
        for row in self._table("orgs", ORGS):
            self._read_org(row)
        if self._manifest.is_1_2:
            self._read_users_1_2(self._roles())
        else:
            self._read_users_1_1()
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
            remarks=self._faults.remarks,
        )

    def _table(self, name: str, header: tuple[str, ...]) -> Iterator[Row]:
        """Yield the rows of a file; none if the manifest says that it is absent, which only a delta allows."""
        file = f"{name}.csv"
        modes = self._manifest.modes
        is_absent = modes.get(name) == "absent"
        # Users without roles are no use: all of them might be pupils.
        may_be_absent = self._manifest.is_delta() and (name != "roles" or modes.get("users") == "absent")
        if file in self._archive and not is_absent:
            with self._archive.open(file) as stream:
                yield from read_exact_table(stream, file, header, self._faults)
            if self._faults.is_cut_off:
                self._faults.raise_any()
        elif not (is_absent and may_be_absent):
            self._faults.stop(file, None, "", "roster.missing-file", name=file)

    def _read_org(self, row: Row) -> None:
        org_id, name = row.text("sourcedId"), row.text("name")
        if not org_id:
            row.fault("sourcedId", "roster.empty-cell", name="sourcedId")
        elif org_id in self._org_ids:
            row.fault("sourcedId", "roster.doubled-id")
        self._org_ids.add(org_id)
        if row.text("type").casefold() != "school":
            self._parents[org_id] = row.text("parentSourcedId")
        elif not _is_deleted(row):
            if not name:
                row.fault("name", "roster.empty-cell", name="name")
            self._schools[org_id] = RosterSchool(source_id=org_id, name=name)

    # --- roles ---

    def _role(self, row: Row) -> Role | None:
        """Return the row's role, or None if such users are left out."""
        name = row.text("role").casefold()
        if name in ADMINISTRATOR_ROLES:
            if self._options.administrators_are_principals is None and name == "administrator":
                self._administrators.append(row.number)
            if self._options.administrators_are_principals:
                return Role.PRINCIPAL
            row.remark("role", "roster.left-administrators")
            return None
        if name not in STAFF_ROLES and name not in LEFT_OUT and not name.startswith("ext:"):
            row.fault("role", "roster.unknown-oneroster-role", role=shown(row.text("role")))
        return STAFF_ROLES.get(name)

    def _roles(self) -> dict[str, list[_OrgRole]]:
        """Return the staff roles that have begun and have not ended, by user."""
        roles_by_user: dict[str, list[_OrgRole]] = {}
        for row in self._table("roles", ROLES):
            name = self._role(row)
            if name is None or not self._is_current(row):
                continue
            user_id, org_id = row.text("userSourcedId"), row.text("orgSourcedId")
            for column, value in (("userSourcedId", user_id), ("orgSourcedId", org_id)):
                if not value:
                    row.fault(column, "roster.empty-cell", name=column)
            if self._is_known(row, "orgSourcedId", org_id):
                is_primary = row.text("roleType").casefold() == "primary"
                role = _OrgRole(name, org_id, is_primary, _is_deleted(row), row.number)
                roles_by_user.setdefault(user_id, []).append(role)
        return roles_by_user

    def _is_current(self, row: Row) -> bool:
        """Return whether the role has begun and is not over; else note why it is left out."""
        begins, ends = (self._day(row, column) for column in ("beginDate", "endDate"))
        if ends and ends <= self._options.today:
            row.remark("endDate", "roster.left-ended")
        elif begins and begins > self._options.today:
            row.remark("beginDate", "roster.left-to-come", day=begins.isoformat())
        else:
            return True
        return False

    @staticmethod
    def _day(row: Row, column: str) -> date | None:
        text = row.text(column)
        try:
            return date.fromisoformat(text[:10]) if text else None
        except ValueError:
            row.fault(column, "roster.bad-date", name=column)
            return None

    def _is_known(self, row: Row, column: str, org_id: str) -> bool:
        # A delta names only what changed: the organisation may have come before.
        is_known = not org_id or org_id in self._org_ids or self._manifest.is_delta()
        if not is_known:
            row.fault(column, "roster.unknown-org")
        return is_known

    # --- people ---

    def _read_users_1_1(self) -> None:
        for row in self._table("users", USERS_1_1):
            role = self._role(row)
            if role is None:
                self._left_out += 1
                continue
            org_ids = list(filter(None, map(str.strip, row.text("orgSourcedIds", LONGEST_LIST).split(","))))
            if not org_ids:
                row.fault("orgSourcedIds", "roster.empty-cell", name="orgSourcedIds")
            roles = [_OrgRole(role, each) for each in org_ids if self._is_known(row, "orgSourcedIds", each)]
            self._read_person(row, roles)

    def _read_users_1_2(self, roles_by_user: dict[str, list[_OrgRole]]) -> None:
        seen_user_ids: set[str] = set()
        for row in self._table("users", USERS_1_2):
            user_id = row.text("sourcedId")
            if user_id not in roles_by_user:
                self._left_out += 1
                continue
            seen_user_ids.add(user_id)
            home = row.text("primaryOrgSourcedId")
            self._read_person(
                row,
                sorted(roles_by_user[user_id], key=lambda role: (role.org_id != home, not role.is_primary)),
            )
        without_user = (
            role for user_id, roles in roles_by_user.items() if user_id not in seen_user_ids for role in roles
        )
        for role in without_user:
            if not role.is_deleted:
                self._faults.add("roles.csv", role.row, "userSourcedId", "roster.role-without-user")

    def _read_person(self, row: Row, roles: list[_OrgRole]) -> None:
        is_active = not _is_deleted(row) and _is_enabled(row)
        if is_active and any(role.is_deleted for role in roles):
            roles = [role for role in roles if not role.is_deleted]
            if not roles and self._manifest.is_delta():
                row.fault("sourcedId", "roster.role-taken-away")
        posts = dict.fromkeys(
            (role.role, school) for role in roles if (school := self._school_above(role.org_id)) is not None
        )
        if not posts and not row.is_faulty:
            self._left_out += 1
            if is_active:
                row.remark("", "roster.left-no-school")
            return
        self._check_id(row)
        if is_active and not row.identifier("email"):
            self._left_out += 1
            row.remark("email", "roster.left-no-email")
            return
        person = RosterPerson(
            source_id=row.text("sourcedId"),
            given_name=row.text("preferredGivenName") or row.text("givenName"),
            family_name=row.text("preferredFamilyName") or row.text("familyName"),
            email=row.identifier("email").lower(),
            posts=tuple(posts),
            active=is_active,
        )
        self._check_person(row, person)
        self._people[person.source_id] = person

    def _school_above(self, org_id: str) -> str | None:
        """Return the school of an organisation: itself, or the nearest school above it; None: there is none.

        What a delta does not name may be a school that came before.
        """
        seen: set[str] = set()
        while org_id and org_id not in seen:
            if org_id in self._schools or (org_id not in self._org_ids and self._manifest.is_delta()):
                return org_id
            seen.add(org_id)
            org_id = self._parents.get(org_id, "")
        return None

    def _check_id(self, row: Row) -> None:
        source_id = row.text("sourcedId")
        if not source_id:
            row.fault("sourcedId", "roster.empty-cell", name="sourcedId")
        elif self._rows.setdefault(source_id, row.number) != row.number:
            row.fault("sourcedId", "roster.doubled-id")

    def _check_person(self, row: Row, person: RosterPerson) -> None:
        if not person.active:
            return
        for column, value in (("givenName", person.given_name), ("familyName", person.family_name)):
            if not value:
                row.fault(column, "roster.empty-cell", name=column)
        if not EMAIL.fullmatch(person.email):
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
