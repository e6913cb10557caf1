"""Roster files for tests and benchmarks, made the way schools' systems make them."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from adapters.rosters.oneroster import ORGS, ROLES, USERS_1_1, USERS_1_2

HEADERS = {
    "1.1": {"orgs.csv": ORGS, "users.csv": USERS_1_1},
    "1.2": {"orgs.csv": ORGS, "users.csv": USERS_1_2, "roles.csv": ROLES},
}

Line = Mapping[str, str]

BULK: Mapping[str, str] = {}
"""The properties of a manifest that belong to no file."""


def table(header: Sequence[str], lines: Iterable[Line]) -> str:
    """Return a CSV file; a line names only the columns that it fills."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def manifest(version: str = "1.2", modes: Mapping[str, str] = BULK) -> str:
    """Return a manifest; with `{"users": "delta"}` users are a delta and all other files are bulk."""
    lines = {"manifest.version": "1.0", "oneroster.version": version}
    files = [name.removesuffix(".csv") for name in HEADERS.get(version, HEADERS["1.2"])]
    lines |= {f"file.{name}": modes.get(name, "bulk") for name in files}
    return table(
        ("propertyName", "value"), [{"propertyName": name, "value": value} for name, value in lines.items()]
    )


def oneroster_files(
    version: str = "1.2",
    *,
    orgs: Iterable[Line] = (),
    users: Iterable[Line] = (),
    roles: Iterable[Line] = (),
    modes: Mapping[str, str] = BULK,
) -> dict[str, str]:
    """Return the files of a zip by name; version 1.1 has no roles."""
    lines = {"orgs.csv": orgs, "users.csv": users, "roles.csv": roles}
    tables = {name: table(header, lines[name]) for name, header in HEADERS[version].items()}
    return {"manifest.csv": manifest(version, modes), **tables}


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the files as a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def make_oneroster(
    path: Path, schools: int = 400, staff: int = 10_000, version: str = "1.2", *, pupils: int = 0
) -> Path:
    """Write a bulk export: a principal (in 1.1 an administrator) a school, teachers besides, and pupils."""
    orgs = [{"sourcedId": "district", "name": "District", "type": "district"}]
    orgs += [{"sourcedId": f"school-{n}", "name": f"School {n}", "type": "school"} for n in range(schools)]
    users, roles = [], []
    for n in range(staff + pupils):
        school = f"school-{n % schools}"
        role = "student" if n >= staff else "teacher" if n >= schools else "principal"
        if version == "1.1" and role == "principal":
            role = "administrator"
        person = f"{role}-{n}"
        user = {
            "sourcedId": person,
            "enabledUser": "true",
            "username": person,
            "givenName": f"Given{n}",
            "familyName": f"Family{n}",
            "email": f"{person}@{school}.example.org",
            "phone": "+44 29 2018 0000",
            "password": "correct-horse",
        }
        if version == "1.1":
            users.append(user | {"orgSourcedIds": school, "role": role})
        else:
            users.append(user | {"primaryOrgSourcedId": school})
            roles.append(
                {
                    "sourcedId": f"role-{n}",
                    "userSourcedId": person,
                    "roleType": "primary",
                    "role": role,
                    "orgSourcedId": school,
                }
            )
    return write_zip(path, oneroster_files(version, orgs=orgs, users=users, roles=roles))
