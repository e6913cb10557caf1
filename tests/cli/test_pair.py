"""`jpd pair`: files in, groups and their proof out; a file with a fault writes nothing."""

from __future__ import annotations

import csv
import json
import os
import subprocess
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from adapters.files import pairs as pair_files
from tests.support.command_line import COMMAND, Done, process_environment, run_jpd
from tests.support.places import ROOT

SAMPLE = ROOT / "prompts" / "sample"
Pair = Callable[..., Done]


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Return what calls `jpd pair` in an empty folder."""
    return partial(run_jpd, "pair", folder=tmp_path)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def groups_of(rows: list[dict[str, str]]) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for row in rows:
        groups.setdefault(row["group"], set()).add(row["member"])
    return {frozenset(group) for group in groups.values()}


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_it_writes_groups_with_reasons_and_a_report_with_the_proof(pair: Pair, tmp_path: Path) -> None:
    done = pair(
        SAMPLE / "members.csv",
        "--history",
        SAMPLE / "met.csv",
        "--out",
        "pairs.csv",
        "--report",
        "report.json",
    )

    assert done.returncode == 0, done.stderr
    people = {row["id"]: row for row in table(SAMPLE / "members.csv")}
    met = {frozenset((row["member_a"], row["member_b"])) for row in table(SAMPLE / "met.csv")}
    rows = table(tmp_path / "pairs.csv")
    report: Mapping[str, Any] = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [*rows[0]] == ["group", "member", "reason"]
    assert {row["member"] for row in rows} == people.keys()
    assert all(row["reason"] for row in rows)
    for group in groups_of(rows):
        assert len({people[each]["school"] for each in group}) == len(group)
        assert len({people[each]["level"] for each in group}) == 1
        assert not any(pair <= group for pair in met)
    assert [*report] == ["groups", "left_out", "value", "bound", "gap", "repeats", "seconds", "peak_mb"]
    assert {frozenset(group) for group in report["groups"]} == groups_of(rows)
    assert (report["left_out"], report["gap"], report["repeats"]) == ([], 0, 0)
    assert report["value"] == report["bound"] > 0
    assert report["seconds"] > 0
    assert "No other arrangement would be better." in done.stderr
    assert done.stdout == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pairs.csv", "report.json"]


def test_without_a_file_the_groups_go_to_the_terminal_and_words_beside_them(pair: Pair) -> None:
    done = pair(SAMPLE / "members.csv")

    assert done.stdout.splitlines()[0] == "group,member,reason"
    assert "p01 " in done.stdout
    assert "12 groups." in done.stderr


def test_the_order_of_the_rows_changes_nothing(pair: Pair, tmp_path: Path) -> None:
    header, *rows = (SAMPLE / "members.csv").read_text(encoding="utf-8").splitlines()
    Random(1).shuffle(rows)
    shuffled = write(tmp_path / "shuffled.csv", "\n".join([header, *rows]))

    assert pair(shuffled, "--seed", "4").stdout == pair(SAMPLE / "members.csv", "--seed", "4").stdout


def test_blocked_people_never_meet_and_threes_are_made_by_choice(pair: Pair, tmp_path: Path) -> None:
    everybody = [row["id"] for row in table(SAMPLE / "members.csv")]
    blocked = write(
        tmp_path / "b.csv",
        "member_a,member_b\n" + "\n".join(f"p01,{each}" for each in everybody[8:] if each != "p09"),
    )

    done = pair(
        SAMPLE / "members.csv", "--blocked", blocked, "--size", "3", "--out", "t.csv", "--report", "r.json"
    )

    assert done.returncode == 0, done.stderr
    groups = groups_of(table(tmp_path / "t.csv"))
    assert any(len(group) == 3 for group in groups)
    of_first = [group for group in groups if "p01" in group]
    assert all(group <= {"p01", "p08", "p09", *everybody[:7]} for group in of_first)


def test_when_somebody_leaves_few_announced_groups_change(pair: Pair, tmp_path: Path) -> None:
    pair(SAMPLE / "members.csv", "--out", "before.csv")
    text = (SAMPLE / "members.csv").read_text(encoding="utf-8").splitlines()
    rest = write(tmp_path / "rest.csv", "\n".join(line for line in text if not line.startswith("p03,")))

    pair(rest, "--announced", tmp_path / "before.csv", "--out", "after.csv")

    before, after = groups_of(table(tmp_path / "before.csv")), groups_of(table(tmp_path / "after.csv"))
    assert len(before - after) <= 3


def test_who_has_nobody_of_their_level_or_no_time_in_common_is_left_out_with_the_reason(
    pair: Pair, tmp_path: Path
) -> None:
    members = write(
        tmp_path / "m.csv",
        "id,school,level,slots\n"
        "a,Oak,teacher,Mon 8\nb,Elm,teacher,Mon 8;Tue 9\nc,Ash,teacher,Fri 9\nd,Oak,head,Mon 8\n",
    )

    done = pair(members, "--free-together", "--report", "r.json")

    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["groups"] == [["a", "b"]]
    assert report["left_out"] == [
        {"member": "c", "reason": "no free time in common with anybody from another school"},
        {"member": "d", "reason": "nobody of the same level from another school has joined"},
    ]
    assert "c: no free time in common" in done.stderr


def test_every_fault_has_its_row_its_column_and_its_mend_and_nothing_is_written(
    pair: Pair, tmp_path: Path
) -> None:
    members = write(
        tmp_path / "m.csv",
        "id,school,level,experience\na,Oak,teacher,3\na,Elm,teacher,\nb,,teacher,many\nc,Elm,,200\nd,Oak,teacher,\n",
    )
    met = write(tmp_path / "h.csv", "cycle,member_a,member_b\nlast,a,c\n1,a,a\n2,a,\n2,a,gone\n")
    blocked = write(tmp_path / "b.csv", "member_a,member_b\na,nobody\n")

    done = pair(members, "--history", met, "--blocked", blocked, "--out", "o.csv", "--report", "r.json")

    assert done.returncode == 1
    for place in (
        "m.csv, row 3, column id", "m.csv, row 4, column school", "m.csv, row 4, column experience",
        "m.csv, row 5, column experience", "m.csv, row 5, column level", "h.csv, row 2, column cycle",
        "h.csv, row 3, column member_b", "h.csv, row 4, column member_b", "b.csv, row 2, column member_b",
    ):  # fmt: skip
        assert place in done.stderr
    assert "h.csv, row 5" not in done.stderr  # who has gone may stand in a history
    assert "Nothing was written." in done.stderr
    assert not (tmp_path / "o.csv").exists()
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The file is empty"),
        ("id,school\n", "There is nobody in this file"),
        ("name,school\nAnn,Oak\n", "The column id is missing"),
        ("id,id,school\na,a,Oak\n", "The column id is there twice"),
    ],
)
def test_a_file_that_is_no_list_of_people_is_said_to_be_none(
    pair: Pair, tmp_path: Path, text: str, said: str
) -> None:
    done = pair(write(tmp_path / "m.csv", text))

    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_is_not_there_is_one_sentence_and_no_half_of_the_files(
    pair: Pair, tmp_path: Path
) -> None:
    done = pair(SAMPLE / "members.csv", "--out", "pairs.csv", "--report", tmp_path / "nowhere" / "r.json")

    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_lists_are_read_in_their_order_and_names_alone_say_when(tmp_path: Path) -> None:
    members = write(
        tmp_path / "m.csv",
        "id,school,level,focus,slots,languages,experience\n"
        "b,Oak,Teacher,talk; wait ;talk,Tue 9,en;cy,7\na,Elm,teacher,,,,\n",
    )

    asked = pair_files.read(members)

    first, second = asked.people
    assert (asked.names[first.id], asked.names[second.id]) == ("a", "b")
    assert second.focus == ("talk", "wait")
    assert second.languages == ("en", "cy")
    assert second.profile.slots == ("Tue 9",)
    assert (second.time_zone, second.experience, first.experience) == ("", 7, None)
    assert first.level == second.level


def test_on_a_terminal_a_bar_shows_how_far_it_is(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="no terminals of this kind on Windows")
    reads, writes = pty.openpty()

    done = subprocess.run(
        [*COMMAND, "pair", str(SAMPLE / "members.csv"), "--out", str(tmp_path / "o.csv")],
        cwd=ROOT, env=process_environment(TERM="xterm", COLUMNS="100"), stdout=subprocess.PIPE, stderr=writes,
        check=False,
    )  # fmt: skip
    os.close(writes)
    seen = os.read(reads, 100_000).decode()
    os.close(reads)

    assert done.returncode == 0
    assert "Pairing 25 people" in seen
    assert "━" in seen
    assert "12 groups." in seen


def test_one_school_and_one_id_written_in_two_ways_ask(pair: Pair, tmp_path: Path) -> None:
    members = "id,school\n007,St John's\n2,St John\u2019s\n7,Elm\n4,Oak\n"

    done = pair(write(tmp_path / "members.csv", members))

    assert done.returncode == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()[:2]] == [
        "members.csv, row 3, column school",
        "members.csv, row 4, column id",
    ]


def test_who_must_not_meet_is_found_without_leading_zeros(pair: Pair, tmp_path: Path) -> None:
    members = write(tmp_path / "members.csv", "id,school\n001,Oak\n002,Elm\n")
    apart = write(tmp_path / "apart.csv", "member_a,member_b\n1,2\n")

    done = pair(members, "--blocked", apart)

    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1, "the heading alone: the two stay apart"
