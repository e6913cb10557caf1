import csv
import io
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.files.table import encoded_once
from adapters.rosters import read_roster
from bot.model import Profile, Role
from bot.model.roster import Roster, RosterError, RosterPerson, RosterSchool
from bot.rules.spelling import without_unseen

TODAY = date(2026, 11, 24)
ELIN = "Ysgol Bryn Derw,Elin,Pugh,Elin.Pugh@bryn.example.org,teacher"
HEADER = "school,given_name,family_name,email,role"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "roster.csv"


def read(file: Path, content: str | bytes) -> Roster:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_roster(file, today=TODAY)


def test_five_columns_are_enough(file: Path) -> None:
    roster = read(file, f"{HEADER}\n{ELIN}\n")

    assert roster == Roster(
        schools=(RosterSchool(source_id="ysgol-bryn-derw", name="Ysgol Bryn Derw"),),
        people=(
            RosterPerson(
                source_id="elin.pugh@bryn.example.org",
                given_name="Elin",
                family_name="Pugh",
                email="elin.pugh@bryn.example.org",
                posts=((Role.TEACHER, "ysgol-bryn-derw"),),
            ),
        ),
    )


def test_every_column_is_read(file: Path) -> None:
    roster = read(
        file,
        "school_id,school,time_zone,holidays,lead_name,lead_contact,person_id,given_name,family_name,email,role,"
        "language,subjects,phase,offers,needs,slots\n"
        "W1,Ysgol,Europe/London,GB-WLS,Ann Lee,Room 4,P1,Elin,Pugh,e@x.org,Teacher,cy,Maths; Art and design,"
        "Primary,Wait time;questioning,group_talk,mon-after; TUE-before\n",
    )

    assert roster.schools == (
        RosterSchool(
            source_id="W1",
            name="Ysgol",
            time_zone="Europe/London",
            holidays="GB-WLS",
            lead_name="Ann Lee",
            lead_contact="Room 4",
        ),
    )
    assert roster.people[0].source_id == "P1"
    assert roster.people[0].language == "cy"
    assert roster.people[0].profile == Profile(
        subjects=("maths", "art-and-design"),
        phase="primary",
        offers=("wait-time", "questioning"),
        needs=("group-talk",),
        slots=("mon-after", "tue-before"),
    )


def test_a_person_with_several_rows_has_several_posts_and_the_first_is_home(file: Path) -> None:
    roster = read(
        file,
        f"{HEADER},offers,language\n"
        "A School,Siân,Morgan,s@x.org,coordinator,modelling,\n"
        "B School,Siân,Morgan,S@x.org,teacher,feedback;modelling,cy\n"
        "A School,Siân,Morgan,s@x.org,principal,,\n",
    )

    assert len(roster.people) == 1
    assert roster.people[0].posts == (
        (Role.COORDINATOR, "a-school"),
        (Role.TEACHER, "b-school"),
        (Role.PRINCIPAL, "a-school"),
    )
    assert roster.people[0].profile == Profile(offers=("modelling", "feedback"))
    assert roster.people[0].language == "cy"


def test_what_one_row_says_of_a_school_holds_for_all_its_rows(file: Path) -> None:
    roster = read(
        file,
        f"{HEADER},time_zone,lead_name\nA,E,P,e@x.org,teacher,,Ann\nA,F,P,f@x.org,teacher,Pacific/Auckland,\n",
    )

    assert roster.schools == (
        RosterSchool(source_id="a", name="A", time_zone="Pacific/Auckland", lead_name="Ann"),
    )


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"\ufeff{HEADER}\n{ELIN}\n".encode(), id="byte order mark"),
        pytest.param(f"{HEADER}\r\n{ELIN}\r\n".encode(), id="CRLF"),
        pytest.param(f"{HEADER}\r{ELIN}".encode(), id="old Mac line ends, none at the end"),
        pytest.param(f"{HEADER}\n{ELIN}\n".replace(",", ";").encode(), id="semicolons"),
        pytest.param(f"{HEADER}\n{ELIN}\n".replace(",", "\t").encode(), id="tabs"),
        pytest.param(
            f"{HEADER}\r\n{ELIN}\r\n".replace(",", "\t").encode("utf-16"), id="Excel's Unicode text"
        ),
        pytest.param(f"{HEADER}\n{ELIN}".encode("utf-16-be").join([b"\xfe\xff", b""]), id="big end first"),
        pytest.param(f"{HEADER}\n{ELIN}".encode("utf-16-le"), id="little end first, no mark"),
        pytest.param(f"{HEADER}\n{ELIN}".encode("utf-16-be"), id="big end first, no mark"),
        pytest.param(f"\n\n ,,\n{HEADER}\n\n{ELIN}\n,,,,,,\n".encode(), id="blank rows"),
        pytest.param(
            f"School,Given name,FAMILY NAME,E-Mail,role\n{ELIN}".encode(), id="header as people write it"
        ),
        pytest.param(
            f"phone,{HEADER},shoe size\n07700 900123,{ELIN},44".encode(), id="columns that are not ours"
        ),
        pytest.param(
            b'role,email,"family_name",given_name,school\n teacher ,elin.pugh@bryn.example.org,Pugh,"Elin\n",'
            b'"Ysgol  Bryn\tDerw"',
            id="other order, quotes, stray white space",
        ),
        pytest.param(f"{HEADER}\n{ELIN},,,\n".encode(), id="empty cells too many"),
    ],
)
def test_the_same_roster_in_another_writing_is_the_same_roster(file: Path, content: bytes) -> None:
    roster = read(file, content)

    assert roster == read(file, f"{HEADER}\n{ELIN}\n")


def test_a_name_is_the_same_whether_its_accent_was_typed_as_one_sign_or_two(file: Path) -> None:
    roster = read(
        file, f"{HEADER}\nA,Siân,Morgan,s@x.org,teacher\nA,Sia\u0302n,Mor\u200bgan,s@x.org,principal\n"
    )

    assert [(each.given_name, each.family_name) for each in roster.people] == [("Siân", "Morgan")]


def test_pupils_and_guardians_are_dropped_unread_and_counted(file: Path) -> None:
    roster = read(
        file,
        f"{HEADER},person_id\n{ELIN},1\nSecret,Secret,Secret,secret,Student,1\n,,,,pupil,\n"
        f"x,Secret,{'Secret' * 99},\x01,guardian,\n",
    )

    assert len(roster.people) == 1
    assert roster.left_out == 3
    assert "secret" not in repr(roster).casefold()


def test_all_faults_of_a_file_are_told_at_once_with_their_rows(file: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read(
            file,
            f"{HEADER},time_zone\nA,E,P,e@x.org,teacher,\n\n,E,,nobody,cook,London\n"
            '"two\nlines",F,P,f@x.org,boss,\nA,G,,g@x.org,teacher,\n',
        )

    assert [(fault.row, fault.column, fault.key) for fault in caught.value.faults] == [
        (4, "school", "roster.empty-cell"),
        (4, "family_name", "roster.empty-cell"),
        (4, "role", "roster.unknown-role"),
        (4, "time_zone", "roster.unknown-time-zone"),
        (4, "email", "roster.bad-email"),
        (5, "role", "roster.unknown-role"),
        (6, "family_name", "roster.empty-cell"),
    ]
    assert {fault.file for fault in caught.value.faults} == {"roster.csv"}


def test_fifty_faults_are_told_and_the_rest_counted(file: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read(file, HEADER + "\nA,E,P,nobody,teacher" * 60)

    assert len(caught.value.faults) == 51
    assert caught.value.faults[-1].key == "roster.more"
    assert caught.value.faults[-1].facts == (("n", "10"),)


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("London", "Europe/London"),
        ("Europe/Londn", "Europe/London"),
        ("auckland", "Pacific/Auckland"),
        ("pacific/auckland", "Pacific/Auckland"),
        ("New York", "America/New_York"),
        ("Melbourne", "Australia/Melbourne"),
        ("GMT Standard Time", "Europe/London"),
        ("New Zealand Standard Time", "Pacific/Auckland"),
        ("AUS Eastern Standard Time", "Australia/Sydney"),
        ("GMT", "Europe/London"),
        ("EST", "America/New_York"),
        ("Etc/GMT-12", ""),
        ("Moon Standard Time", ""),
        ("xxxxxxxx", ""),
    ],
)
def test_the_nearest_time_zone_is_suggested(file: Path, written: str, nearest: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(file, f"{HEADER},time_zone\n{ELIN},{written}\n")

    assert dict(caught.value.faults[0].facts).get("nearest", "") == nearest


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("gb-wls", "GB-WLS"),
        ("UK Wales", "GB-WLS"),
        ("NZ-AKL", "NZ-AUK"),
        ("AU-VICT", "AU-VIC"),
        ("Q", "GB-WLS"),
    ],
)
def test_the_nearest_holidays_code_is_suggested(file: Path, written: str, nearest: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(file, f"{HEADER},holidays\n{ELIN},{written}\n")

    assert dict(caught.value.faults[0].facts)["nearest"] == nearest


def test_a_schools_mistake_is_told_once_and_not_for_each_of_its_people(file: Path) -> None:
    people = "".join(f"A,E,P,e{n}@x.org,teacher,Londn\n" for n in range(30))

    with pytest.raises(RosterError) as caught:
        read(file, f"{HEADER},time_zone\n{people}")

    assert len(caught.value.faults) == 1


@pytest.mark.parametrize("cell", ["07700 900123", "gwen@home.example", "x" * 31, "2010-04-01"])
def test_a_fault_shows_no_value_that_may_be_personal(file: Path, cell: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(file, f"{HEADER},language,time_zone,holidays\nA,E,P,{cell} {cell},{cell},{cell},{cell},{cell}\n")

    assert len(caught.value.faults) == 5
    assert cell not in repr(caught.value.faults)
    assert cell not in str(caught.value)


def test_keys_are_checked_only_against_the_lists_that_are_given(file: Path) -> None:
    file.write_text(f"{HEADER},offers,slots,phase\n{ELIN},juggling,noon,zeroth\n")

    assert read_roster(file, today=TODAY).people[0].profile == Profile(
        offers=("juggling",), slots=("noon",), phase="zeroth"
    )
    with pytest.raises(RosterError) as caught:
        read_roster(
            file, today=TODAY, practices=frozenset({"modelling", "feedback"}), slots=frozenset({"noon"})
        )
    assert [fault.key for fault in caught.value.faults] == ["roster.unknown-practice"]
    assert dict(caught.value.faults[0].facts) == {"value": "juggling", "known": "feedback, modelling"}


SCHOOLS = ["Ysgol Tŷ Gwyn", "Te Awa School", "Kura o Māhia", '"Q", a school; of its own', "学校"]
# What spreadsheets add is taken out, and what was encoded twice is mended (test_spreadsheets.py).
unusual = "#&" + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
names = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters=unusual), min_size=1, max_size=20
).map(lambda text: " ".join(text.split()) or "x")
names = names.filter(lambda name: encoded_once(name) == name == without_unseen(name, joiners=True))


@given(
    rows=st.lists(
        st.tuples(st.sampled_from(SCHOOLS), names, names, st.sampled_from([*Role])), min_size=1, max_size=20
    ),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_names_a_spreadsheet_writes_are_read_back(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str, Role]],
    delimiter: str,
    encoding: str,
    line_end: str,
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(HEADER.split(","))
    for number, (school, given_name, family_name, role) in enumerate(rows):
        writer.writerow([school, given_name, family_name, f"p{number}@x.org", role])
    file = tmp_path_factory.mktemp("round-trip") / "roster.csv"

    roster = read(file, text.getvalue().encode(encoding))

    assert len(roster.people) == len(rows)
    for person, (_, given_name, family_name, role) in zip(roster.people, rows, strict=True):
        assert person.given_name == _normal(given_name)
        assert person.family_name == _normal(family_name)
        assert [post[0] for post in person.posts] == [role]
    assert {person.posts[0][1] for person in roster.people} == {school.source_id for school in roster.schools}


@pytest.mark.long  # a minute; a smaller file of the same kind is read by the tests above
def test_forty_megabytes_are_read(file: Path) -> None:
    filler = "x" * 390
    with file.open("w") as stream:
        stream.write(f"{HEADER},notes\n")
        for number in range(91_000):
            stream.write(f"School {number % 400},Given,Family,p{number}@x.example.org,teacher,{filler}\n")
    assert file.stat().st_size > 40_000_000

    roster = read_roster(file, today=TODAY)

    assert len(roster.people) == 91_000
    assert len(roster.schools) == 400


def test_forty_megabytes_without_a_line_end_are_refused(file: Path) -> None:
    file.write_bytes(HEADER.encode() + b"\n" + b",x" * 20_000_000)

    with pytest.raises(RosterError) as caught:
        read_roster(file, today=TODAY)

    assert [(fault.row, fault.key) for fault in caught.value.faults] == [(2, "roster.broken-row")]


def _normal(name: str) -> str:
    import unicodedata

    return " ".join(unicodedata.normalize("NFC", name).split())
