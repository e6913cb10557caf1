from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import pytest

from adapters.rosters import read_roster
from bot.model import Role
from bot.model.roster import Roster, RosterError, RosterPerson, RosterSchool
from tests.rosters.make import BULK, Line, make_oneroster, oneroster_files, write_zip

TODAY = date(2026, 11, 24)
DISTRICT = {"sourcedId": "d", "name": "District", "type": "district"}
A = {"sourcedId": "a", "name": "Ysgol A", "type": "school", "parentSourcedId": "d"}
B = {"sourcedId": "b", "name": "Ysgol B", "type": "school"}
ELIN = {"sourcedId": "u1", "givenName": "Elin", "familyName": "Pugh", "email": "Elin@x.org"}
GRACE = {"sourcedId": "u2", "givenName": "Grace", "familyName": "Okafor", "email": "grace@x.org"}
SECRETS = {
    "givenName": "Secret",
    "familyName": "Secret",
    "email": "secret@home",
    "phone": "07700900123",
    "password": "Secret",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "export.zip"


def read(file: Path, files: dict[str, str], *, leads: bool | None = None) -> Roster:
    return read_roster(write_zip(file, files), today=TODAY, administrators_are_principals=leads)


def read_1_1(file: Path, users: Iterable[Line], *, leads: bool | None = None) -> Roster:
    return read(file, oneroster_files("1.1", orgs=[DISTRICT, A, B], users=users), leads=leads)


def read_1_2(
    file: Path,
    users: Iterable[Line],
    roles: Iterable[Line],
    *,
    leads: bool | None = None,
    modes: Mapping[str, str] = BULK,
) -> Roster:
    return read(
        file,
        oneroster_files("1.2", orgs=[DISTRICT, A, B], users=users, roles=roles, modes=modes),
        leads=leads,
    )


def role(user: str, name: str, org: str = "a", **more: str) -> Line:
    return {
        "sourcedId": f"{user}-{name}-{org}",
        "userSourcedId": user,
        "role": name,
        "orgSourcedId": org,
    } | more


def faults(caught: pytest.ExceptionInfo[RosterError]) -> list[tuple[str, int | None, str, str]]:
    return [(each.file, each.row, each.column, each.key) for each in caught.value.faults]


def test_staff_of_version_1_1_come_with_their_schools(file: Path) -> None:
    roster = read_1_1(
        file,
        [
            ELIN | {"role": "teacher", "orgSourcedIds": "b, a,d"},
            GRACE | {"role": "administrator", "orgSourcedIds": "a"},
        ],
        leads=True,
    )

    assert roster == Roster(
        schools=(RosterSchool(source_id="a", name="Ysgol A"), RosterSchool(source_id="b", name="Ysgol B")),
        people=(
            RosterPerson(
                source_id="u1",
                given_name="Elin",
                family_name="Pugh",
                email="elin@x.org",
                posts=((Role.TEACHER, "b"), (Role.TEACHER, "a")),
            ),
            RosterPerson(
                source_id="u2",
                given_name="Grace",
                family_name="Okafor",
                email="grace@x.org",
                posts=((Role.PRINCIPAL, "a"),),
            ),
        ),
    )


def test_staff_of_version_1_2_come_with_all_their_roles_and_home_first(file: Path) -> None:
    roster = read_1_2(
        file,
        [ELIN | {"primaryOrgSourcedId": "b"}, GRACE],
        [
            role("u1", "teacher", "a", roleType="primary"),
            role("u1", "teacher", "b", roleType="secondary"),
            role("u1", "principal", "b", roleType="primary"),
            role("u2", "teacher", "a", roleType="secondary"),
            role("u2", "principal", "b", roleType="primary"),
            role("u2", "systemAdministrator", "d"),
        ],
    )

    assert [person.posts for person in roster.people] == [
        ((Role.PRINCIPAL, "b"), (Role.TEACHER, "b"), (Role.TEACHER, "a")),
        ((Role.PRINCIPAL, "b"), (Role.TEACHER, "a")),
    ]


def test_the_name_that_a_person_prefers_is_the_one_used(file: Path) -> None:
    roster = read_1_2(
        file,
        [ELIN | {"preferredGivenName": "Lin"}, GRACE | {"preferredFamilyName": "Mensah"}],
        [role("u1", "teacher"), role("u2", "teacher")],
    )

    assert [(each.given_name, each.family_name) for each in roster.people] == [
        ("Lin", "Pugh"),
        ("Grace", "Mensah"),
    ]


def test_administrators_of_version_1_1_are_asked_about_once(file: Path) -> None:
    users = [person | {"role": "administrator", "orgSourcedIds": "a"} for person in (ELIN, GRACE)]

    with pytest.raises(RosterError) as caught:
        read_1_1(file, users)

    assert faults(caught) == [("users.csv", 2, "role", "roster.administrators")]
    assert caught.value.faults[0].facts == (("n", "2"),)


def test_administrators_of_version_1_1_can_be_left_out(file: Path) -> None:
    roster = read_1_1(
        file,
        [
            ELIN | {"role": "teacher", "orgSourcedIds": "a"},
            GRACE | {"role": "administrator", "orgSourcedIds": "a"},
        ],
        leads=False,
    )

    assert [person.source_id for person in roster.people] == ["u1"]
    assert roster.left_out == 1


@pytest.mark.parametrize(("leads", "kept"), [(None, ["u2"]), (False, ["u2"]), (True, ["u1", "u2"])])
def test_only_site_administrators_of_version_1_2_become_principals_and_only_if_told(
    file: Path, leads: bool | None, kept: list[str]
) -> None:
    roster = read_1_2(
        file,
        [ELIN, GRACE, {"sourcedId": "u3"}, {"sourcedId": "u4"}],
        [
            role("u1", "siteAdministrator"),
            role("u2", "principal"),
            role("u3", "districtAdministrator"),
            role("u4", "systemAdministrator"),
        ],
        leads=leads,
    )

    assert [person.source_id for person in roster.people] == kept
    assert all(person.posts == ((Role.PRINCIPAL, "a"),) for person in roster.people)


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize(
    "name", ["student", "guardian", "parent", "relative", "aide", "proctor", "ext:janitor"]
)
def test_who_is_no_teacher_or_principal_is_dropped_unread_and_counted(
    file: Path, version: str, name: str
) -> None:
    # The second is as broken as a row can be: it must not even be looked at.
    others = [
        SECRETS | {"sourcedId": "secret"},
        SECRETS | {"sourcedId": "secret", "status": "?", "email": "x" * 999},
    ]
    if version == "1.1":
        staff = ELIN | {"role": "teacher", "orgSourcedIds": "a"}
        roster = read_1_1(
            file, [staff, *(each | {"role": name, "orgSourcedIds": "nowhere"} for each in others)]
        )
    else:
        roles = [role("u1", "teacher"), role("secret", name, "nowhere", endDate="never")]
        roster = read_1_2(file, [ELIN, *others], roles)

    assert [person.source_id for person in roster.people] == ["u1"]
    assert roster.left_out == 2
    assert "secret" not in repr(roster).casefold()


def test_nothing_of_a_pupil_is_in_the_faults_of_a_file_either(file: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read_1_2(
            file,
            [SECRETS | {"sourcedId": "secret"}, ELIN | {"email": "nobody"}, SECRETS | {"sourcedId": "u9"}],
            [role("u1", "teacher"), role("secret", "student"), role("u9", "Secret 07700 900123")],
        )

    assert [key for *_, key in faults(caught)] == ["roster.unknown-oneroster-role", "roster.bad-email"]
    assert "secret" not in repr(caught.value.faults).casefold()
    assert "07700" not in repr(caught.value.faults) + str(caught.value)


def test_who_is_staff_and_guardian_is_kept_as_staff_alone(file: Path) -> None:
    roster = read_1_2(file, [ELIN], [role("u1", "guardian"), role("u1", "teacher")])

    assert roster.people[0].posts == ((Role.TEACHER, "a"),)


def test_phones_passwords_and_further_columns_are_never_kept(file: Path) -> None:
    files = oneroster_files("1.2", orgs=[A], users=[ELIN | SECRETS | ELIN], roles=[role("u1", "teacher")])
    lines = files["users.csv"].splitlines()
    files["users.csv"] = f"{lines[0]},metadata.secret\r\n{lines[1]},Secret\r\n"

    roster = read(file, files)

    assert len(roster.people) == 1
    assert "ecret" not in repr(roster)
    assert "07700" not in repr(roster)


def test_a_file_with_a_byte_order_mark_and_short_rows_is_read(file: Path) -> None:
    files = oneroster_files("1.1", orgs=[A])
    files["orgs.csv"] = f"\ufeff{files['orgs.csv']}b,,,Ysgol B,school\n"
    files["users.csv"] += "u1,,,true,a,teacher,e,,Elin,Pugh,,,e@x.org\n"
    files["manifest.csv"] = "\ufeff" + files["manifest.csv"]

    roster = read(file, files)

    assert [school.source_id for school in roster.schools] == ["a", "b"]
    assert [person.email for person in roster.people] == ["e@x.org"]


@pytest.mark.parametrize(
    ("more", "is_active"),
    [
        ({"enabledUser": "true"}, True),
        ({"enabledUser": ""}, True),
        ({"enabledUser": "false"}, False),
        ({"enabledUser": "FALSE"}, False),
        ({"status": "active"}, True),
        ({"status": "tobedeleted"}, False),
    ],
)
@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_disabled_and_deleted_people_come_as_inactive(
    file: Path, version: str, more: dict[str, str], is_active: bool
) -> None:
    if version == "1.1":
        roster = read_1_1(file, [ELIN | more | {"role": "teacher", "orgSourcedIds": "a"}])
    else:
        roster = read_1_2(file, [ELIN | more], [role("u1", "teacher")])

    assert [person.active for person in roster.people] == [is_active]


def test_inactive_people_need_no_email(file: Path) -> None:
    roster = read_1_2(file, [ELIN | {"email": "", "enabledUser": "false"}], [role("u1", "teacher")])

    assert roster.people[0].email == ""


def test_roles_end_on_their_last_day_which_is_not_included(file: Path) -> None:
    roster = read_1_2(
        file,
        [ELIN, GRACE],
        [
            role("u1", "principal", endDate="2026-11-24"),
            role("u1", "teacher", endDate="2026-11-25"),
            role("u2", "teacher", endDate="2020-01-01T00:00:00Z"),
        ],
    )

    assert [(person.source_id, person.posts) for person in roster.people] == [("u1", ((Role.TEACHER, "a"),))]
    assert roster.left_out == 1


def test_posts_outside_schools_are_left_out(file: Path) -> None:
    roster = read_1_1(
        file,
        [
            ELIN | {"role": "teacher", "orgSourcedIds": "d"},
            GRACE | {"role": "teacher", "orgSourcedIds": "d,a"},
        ],
    )

    assert [(person.source_id, person.posts) for person in roster.people] == [("u2", ((Role.TEACHER, "a"),))]
    assert roster.left_out == 1


def test_a_deleted_school_and_its_posts_are_left_out(file: Path) -> None:
    files = oneroster_files(
        "1.1",
        orgs=[A | {"status": "tobedeleted"}, B],
        users=[ELIN | {"role": "teacher", "orgSourcedIds": "a,b"}],
    )

    roster = read(file, files)

    assert [school.source_id for school in roster.schools] == ["b"]
    assert roster.people[0].posts == ((Role.TEACHER, "b"),)


def test_a_delta_names_only_what_changed(file: Path) -> None:
    files = oneroster_files(
        "1.2",
        users=[ELIN | {"status": "active"}, GRACE | {"status": "tobedeleted", "email": ""}, SECRETS],
        roles=[
            role("u1", "teacher", "known-before", status="active"),
            role("u2", "teacher", "known-before", status="tobedeleted"),
        ],
        modes={"orgs": "absent", "users": "delta", "roles": "delta"},
    )
    del files["orgs.csv"]

    roster = read(file, files)

    assert roster.is_delta
    assert roster.schools == ()
    assert [(each.source_id, each.active, each.posts) for each in roster.people] == [
        ("u1", True, ((Role.TEACHER, "known-before"),)),
        ("u2", False, ((Role.TEACHER, "known-before"),)),
    ]
    assert roster.left_out == 1, "whose role the delta does not name might be a pupil"


def test_a_bulk_export_is_no_delta(file: Path) -> None:
    assert not read_1_2(file, [ELIN], [role("u1", "teacher")]).is_delta


def test_a_delta_without_any_staff_changes_nothing_and_is_fine(file: Path) -> None:
    roster = read_1_2(file, [], [], modes={"users": "delta", "roles": "delta", "orgs": "delta"})

    assert roster.people == ()


def test_absent_files_may_be_missing_or_there_but_count_as_missing(file: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read_1_2(file, [ELIN], [role("u1", "teacher")], modes={"roles": "absent"})

    assert faults(caught) == [("roles.csv", None, "", "roster.missing-file")]


def test_every_fault_of_every_file_is_told_at_once(file: Path) -> None:
    files = oneroster_files(
        "1.2",
        orgs=[A, A, {"sourcedId": "b", "type": "school"}],
        users=[ELIN | {"email": ""}, GRACE | {"givenName": "", "email": "x"}, ELIN | {"email": "g@x.org"}],
        roles=[
            role("u1", "teacher", "nowhere"),
            role("u1", "teacher"),
            role("u2", "cook"),
            role("u2", "teacher"),
        ],
    )

    with pytest.raises(RosterError) as caught:
        read(file, files)

    assert faults(caught) == [
        ("orgs.csv", 3, "sourcedId", "roster.doubled-id"),
        ("orgs.csv", 4, "name", "roster.empty-cell"),
        ("roles.csv", 2, "orgSourcedId", "roster.unknown-org"),
        ("roles.csv", 4, "role", "roster.unknown-oneroster-role"),
        ("users.csv", 3, "givenName", "roster.empty-cell"),
        ("users.csv", 3, "email", "roster.bad-email"),
        ("users.csv", 4, "sourcedId", "roster.doubled-id"),
    ]


def test_the_first_column_in_the_wrong_place_is_named_with_its_place(file: Path) -> None:
    files = oneroster_files("1.1", orgs=[A], users=[])
    files["users.csv"] = files["users.csv"].replace("orgSourcedIds,role", "role,orgSourcedIds")

    with pytest.raises(RosterError) as caught:
        read(file, files)

    assert faults(caught)[0] == ("users.csv", 1, "orgSourcedIds", "roster.misplaced-column")
    assert dict(caught.value.faults[0].facts) == {"name": "orgSourcedIds", "place": "5"}


def test_headers_are_case_sensitive(file: Path) -> None:
    files = oneroster_files("1.1", orgs=[A])
    files["orgs.csv"] = files["orgs.csv"].replace("sourcedId", "sourcedid", 1)

    with pytest.raises(RosterError) as caught:
        read(file, files)

    assert faults(caught)[0] == ("orgs.csv", 1, "sourcedId", "roster.missing-column")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_ten_thousand_staff_among_pupils_are_read(file: Path, version: str) -> None:
    make_oneroster(file, schools=400, staff=10_000, version=version, pupils=5_000)

    roster = read_roster(file, today=TODAY, administrators_are_principals=True)

    assert len(roster.schools) == 400
    assert len(roster.people) == 10_000
    assert sum(person.posts[0][0] is Role.PRINCIPAL for person in roster.people) == 400
    assert roster.left_out == 5_000
    assert "student" not in repr(roster)
