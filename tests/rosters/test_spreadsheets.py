"""Rosters as spreadsheets and exports leave them: what nobody meant is no person, and what is left out is said."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from adapters.rosters import read_roster
from bot.model import Role
from bot.model.roster import Roster, RosterError
from bot.prompts import Prompts
from bot.rules.spelling import folded
from bot.say import rosters as say_rosters
from tests.rosters.make import oneroster_files, write_zip
from tests.support.places import PROMPTS, ROOT

TODAY = date(2026, 11, 24)
HANDED = ROOT / "tests/published/rosters/handed"
HEADER = "school,given_name,family_name,email,role"
ANA = "Ashby Primary,Ana,Reyes,ana@ashby.example.org,teacher"
BO = "Brook High,Bo,Lind,bo@brook.example.org,teacher"
BOTH = ["Ana Reyes", "Bo Lind"]


def names(roster: Roster) -> list[str]:
    return [f"{each.given_name} {each.family_name}" for each in roster.people]


def read(folder: Path, content: str | bytes) -> Roster:
    file = folder / "roster.csv"
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_roster(file, today=TODAY)


def keys(roster: Roster) -> list[str]:
    return [each.key.removeprefix("roster.") for each in roster.remarks]


def test_the_handed_files_are_read_as_they_are_meant() -> None:
    for name in ("a01-sep-line.csv", "a14-email-invisible.csv", "a39-ctrlz.csv"):
        roster = read_roster(HANDED / name, today=TODAY)
        assert names(roster) == BOTH, name
        assert [each.email for each in roster.people] == ["ana@ashby.example.org", "bo@brook.example.org"], (
            name
        )


@pytest.mark.parametrize(
    ("name", "faults"),
    [
        ("a09-smart-school.csv", [(3, "school", "roster.school-spelled-twice")]),
        (
            "a23-excel-error.csv",
            [
                (2, "given_name", "roster.spreadsheet-error"),
                (2, "family_name", "roster.spreadsheet-error"),
                (3, "school", "roster.spreadsheet-error"),
            ],
        ),
    ],
)
def test_the_handed_files_with_a_question_ask_it(name: str, faults: list[tuple[int, str, str]]) -> None:
    with pytest.raises(RosterError) as caught:
        read_roster(HANDED / name, today=TODAY)

    assert [(each.row, each.column, each.key) for each in caught.value.faults] == faults


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"sep=,\r\n{HEADER}\r\n{ANA}\r\n{BO}\r\n", id="sep with a comma"),
        pytest.param(f'"sep=|"\n{HEADER}\n{ANA}\n{BO}\n'.replace(",", "|"), id="sep in quotes"),
        pytest.param(f"Staff list; autumn\n\n{HEADER}\n{ANA}\n{BO}\n", id="a title in one cell"),
        pytest.param(
            f"Staff,,,,\nPrinted 24/11/2026,,,,\n,,,,\n{HEADER}\n{ANA}\n{BO}\n", id="a title as rows"
        ),
        pytest.param(f"Staff\n{HEADER}\n{ANA}\n{BO}\n".replace(",", ";"), id="a title before semicolons"),
        pytest.param(f"{HEADER}\n{ANA}\n{BO}\nTotal,2,,,\n", id="totals"),
        pytest.param(
            f"{HEADER}\n{ANA}\n{BO}\n,,,,\n,,Total staff: 2,,\nPage 1 of 1,,,,\n", id="totals and a foot"
        ),
        pytest.param(f"{HEADER}\n{ANA}\n{HEADER}\n{BO}\n", id="headings on each page"),
        pytest.param(f"{HEADER}\n{ANA}\n{BO}\x1a", id="the sign of the end after the last cell"),
        pytest.param(f"{HEADER}\n{ANA}\n{BO}\n\x1a\x1a", id="the sign of the end twice"),
    ],
)
def test_rows_that_are_nobody_are_left_out(tmp_path: Path, content: str) -> None:
    assert names(read(tmp_path, content)) == BOTH


def test_what_is_left_out_of_a_table_is_said_with_its_row(tmp_path: Path) -> None:
    roster = read(tmp_path, f"Staff list\n{HEADER},shoe size\n{ANA},\n{BO},\nTotal,2,,,,\n")
    voice = Prompts.load(PROMPTS).voice("en")

    assert say_rosters.remarks(voice, roster.remarks) == [
        "Line 1 of roster.csv stands above the headings, and was left out.",
        "I don't read these columns of roster.csv: shoe size.",
        "Row 5 of roster.csv names nobody (totals or a note, perhaps), and was left out.",
    ]


@pytest.mark.parametrize(
    "error", ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "#VALUE!", "#BEZUG!", "#NV", "#####", "Err:502"]
)
def test_a_spreadsheets_error_is_no_name(tmp_path: Path, error: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, f"{HEADER}\nAshby,{error},Reyes,ana@a.example.org,teacher\n")

    assert [each.key for each in caught.value.faults] == ["roster.spreadsheet-error"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("O&#39;Brien", "O'Brien"),
        ("O&amp;#39;Brien", "O'Brien"),
        ("O&apos;Brien", "O'Brien"),
        ("M&uuml;ller", "Müller"),
        ("Smith &amp; Jones", "Smith & Jones"),
        ("Si\u00c3\u00a2n", "Siân"),
        ("Ng\u00c4\u0081ti", "Ngāti"),
        ("O\u00e2\u20ac\u2122Brien", "O\u2019Brien"),
        ("Ángel", "Ángel"),
        ("Núñez", "Núñez"),
        ("AT&T", "AT&T"),
        ("“Reyes”", "Reyes"),
        ('"=""Reyes"""', "Reyes"),
        ("’t Hooft", "’t Hooft"),
        ("'t Hooft", "'t Hooft"),
    ],
)
def test_a_name_that_programs_have_rewritten_is_read_as_meant(
    tmp_path: Path, written: str, meant: str
) -> None:
    roster = read(tmp_path, f"{HEADER}\nAshby,Ana,{written},ana@a.example.org,teacher\n")

    assert roster.people[0].family_name == meant


@pytest.mark.parametrize("written", ['="007"', '"=""007"""', "'007", "“007”", " 007 "])
def test_an_id_that_a_spreadsheet_was_made_to_keep_is_that_id(tmp_path: Path, written: str) -> None:
    roster = read(tmp_path, f"{HEADER},person_id\nAshby,Ana,Reyes,ana@a.example.org,teacher,{written}\n")

    assert [each.source_id for each in roster.people] == ["007"]


@pytest.mark.parametrize("written", ["'ana@a.example.org'", "'ana@a.example.org", "“ana@a.example.org”"])
def test_marks_around_an_address_are_no_part_of_it(tmp_path: Path, written: str) -> None:
    roster = read(tmp_path, f"{HEADER}\nAshby,Ana,Reyes,{written},teacher\n")

    assert [each.email for each in roster.people] == ["ana@a.example.org"]


@pytest.mark.parametrize("written", ["1.23457E+11", '"1,23457E+11"', "1E+12", "9.1e+9"])
@pytest.mark.parametrize("column", ["person_id", "school_id"])
def test_a_number_that_a_spreadsheet_has_rounded_is_no_id(tmp_path: Path, written: str, column: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, f"{HEADER},{column}\nAshby,Ana,Reyes,ana@a.example.org,teacher,{written}\n")

    assert [(each.column, each.key) for each in caught.value.faults] == [(column, "roster.rounded-number")]


UNSEEN = [
    "\u2060",
    "\u200d",
    "\u00ad",
    "\ufe0f",
    "\u061c",
    "\u180e",
    "\u2063",
    "\u206a",
    "\u3164",
    "\u034f",
    "\U000e0100",
]


@pytest.mark.parametrize("sign", UNSEEN)
def test_no_sign_that_nobody_sees_stays_in_an_address_or_a_name(tmp_path: Path, sign: str) -> None:
    roster = read(
        tmp_path, f"{HEADER}\n{sign}Ashby,{sign}Ana{sign},Reyes,{sign}an{sign}a@a.example.org{sign},teacher\n"
    )

    assert [(each.given_name, each.email) for each in roster.people] == [("Ana", "ana@a.example.org")]
    assert roster.schools[0].name == "Ashby"


def test_a_joiner_between_two_letters_belongs_to_the_name(tmp_path: Path) -> None:
    roster = read(tmp_path, f"{HEADER}\nAshby,\u0646\u200c\u0646,Reyes,ana@a.example.org,teacher\n")

    assert roster.people[0].given_name == "\u0646\u200c\u0646"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("St John's Primary", "St John\u2019s Primary"),
        ("St. John's Primary", "ST JOHNS PRIMARY"),
        ("Ashby-Brook School", "Ashby\u2013Brook School"),
        ("School 007", "School 7"),
        ("Ashby & Brook", "Ashby and Brook"),
    ],
)
def test_one_name_written_in_two_ways_asks(tmp_path: Path, a: str, b: str) -> None:
    assert folded(a) == folded(b)

    with pytest.raises(RosterError) as caught:
        read(
            tmp_path,
            f"{HEADER}\n{a},Ana,Reyes,ana@a.example.org,teacher\n{b},Bo,Lind,bo@a.example.org,teacher\n",
        )

    assert [each.key for each in caught.value.faults] == ["roster.school-spelled-twice"]


def test_two_schools_of_one_name_with_ids_of_their_own_are_two(tmp_path: Path) -> None:
    roster = read(
        tmp_path,
        f"{HEADER},school_id\nSt Mary's,Ana,Reyes,a@x.org,teacher,1\nSt Marys,Bo,Lind,b@x.org,teacher,2\n",
    )

    assert [each.source_id for each in roster.schools] == ["1", "2"]


# --- OneRoster --------------------------------------------------------------------------------------------------------


def test_the_handed_exports_give_their_people_and_say_who_is_left_out() -> None:
    department = read_roster(HANDED / "o01-department.zip", today=TODAY)
    assert [each.posts for each in department.people] == [((Role.TEACHER, "s1"),), ((Role.TEACHER, "s2"),)]

    without_address = read_roster(HANDED / "o08-teacher-no-email.zip", today=TODAY)
    assert [each.source_id for each in without_address.people] == ["t2"]
    assert [(each.row, each.key) for each in without_address.remarks] == [(2, "roster.left-no-email")]

    not_begun = read_roster(HANDED / "o13-role-not-begun.zip", today=TODAY)
    assert names(not_begun) == ["Bo Lind"]
    assert [(each.row, each.key, dict(each.facts)) for each in not_begun.remarks] == [
        (2, "roster.left-to-come", {"day": "2027-09-01"})
    ]


def test_a_post_belongs_to_the_nearest_school_above_it(tmp_path: Path) -> None:
    orgs = [
        {"sourcedId": "maths", "name": "Maths", "type": "department", "parentSourcedId": "science"},
        {"sourcedId": "science", "name": "Science", "type": "department", "parentSourcedId": "s"},
        {"sourcedId": "s", "name": "Ashby", "type": "school", "parentSourcedId": "d"},
        {"sourcedId": "d", "name": "District", "type": "district"},
        {"sourcedId": "round", "name": "Round", "type": "department", "parentSourcedId": "round"},
    ]
    users = [
        {"sourcedId": user, "givenName": user, "familyName": "X", "email": f"{user}@x.org", "role": "teacher",
         "orgSourcedIds": org}
        for user, org in (("a", "maths"), ("b", "d"), ("c", "round"), ("d", "s"))
    ]  # fmt: skip
    roster = read_roster(
        write_zip(tmp_path / "x.zip", oneroster_files("1.1", orgs=orgs, users=users)), today=TODAY
    )

    assert {each.source_id: each.posts for each in roster.people} == {
        "a": ((Role.TEACHER, "s"),),
        "d": ((Role.TEACHER, "s"),),
    }
    assert [(each.row, each.key) for each in roster.remarks] == [
        (3, "roster.left-no-school"),
        (4, "roster.left-no-school"),
    ]


@pytest.mark.parametrize(
    ("heading", "name", "given_name", "family_name"),
    [
        ("Name", "Ann Ash", "Ann", "Ash"),
        ("Full name", "Mrs Ann Ash", "Ann", "Ash"),
        ("Staff Name", "Ash, Ann Marie", "Ann Marie", "Ash"),
        ("name", "van der Berg, Dr Zoë", "Zoë", "van der Berg"),
        ("Display Name", "Whaea Aroha Kingi", "Aroha", "Kingi"),
    ],
)
def test_a_column_of_whole_names_is_read_where_it_is_plain(
    tmp_path: Path, heading: str, name: str, given_name: str, family_name: str
) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f'School,{heading},Email,Role\nOak,"{name}",a@oak.org,teacher\n')

    [person] = read_roster(file, today=TODAY).people

    assert (person.given_name, person.family_name) == (given_name, family_name)


@pytest.mark.parametrize("name", ["Mr Ash", "Ann Marie Ash", "Ash", "Ash, Ann, Dr", "Ash,"])
def test_which_of_several_words_is_the_family_name_is_asked(tmp_path: Path, name: str) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f'School,Name,Email,Role\nOak,"{name}",a@oak.org,teacher\n')

    with pytest.raises(RosterError) as asked:
        read_roster(file, today=TODAY)

    assert [each.key for each in asked.value.faults] == ["roster.whole-name"]
