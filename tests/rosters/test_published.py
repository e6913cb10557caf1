"""Rosters as real schools export them give the people that a careful secretary would read."""

from __future__ import annotations

import csv
import json
from datetime import date
from typing import Any

import pytest

from adapters.rosters import read_roster
from bot.model.roster import Roster, RosterError
from bot.prompts import Prompts
from bot.say import rosters as say_rosters
from tests.support.places import PROMPTS, ROOT

TODAY = date(2026, 11, 24)
PUBLISHED = ROOT / "tests/published/rosters"
VOICE = Prompts.load(PROMPTS).voice("en")
EXPECTED: dict[str, Any] = json.loads((PUBLISHED / "expected.json").read_text(encoding="utf-8"))


def lines(roster: Roster) -> list[str]:
    schools = {each.source_id: each.name for each in roster.schools}
    return [
        f"{each.given_name} {each.family_name} <{each.email}> "
        + ", ".join(f"{role} at {schools[place]}" for role, place in each.posts)
        for each in roster.people
        if each.active
    ]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_published_roster_gives_its_people(name: str) -> None:
    expected = EXPECTED[name]

    roster = read_roster(PUBLISHED / name, today=TODAY, **expected.get("options", {}))

    assert lines(roster) == expected["people"]
    reasons: dict[str, int] = {}
    for each in roster.remarks:
        key = each.key.removeprefix("roster.")
        reasons[key] = reasons.get(key, 0) + 1
    assert reasons == expected["remarks"]
    said = say_rosters.remarks(VOICE, roster.remarks)
    assert len(said) >= len(reasons), "each kind of remark has its sentence"


def test_every_published_roster_is_expected() -> None:
    assert {each.name for each in PUBLISHED.iterdir() if each.suffix in {".csv", ".txt", ".zip"}} == set(
        EXPECTED
    )
    assert len(EXPECTED) >= 10


def test_without_a_column_of_schools_the_option_is_asked_for() -> None:
    with pytest.raises(RosterError) as caught:
        read_roster(PUBLISHED / "google-users.csv", today=TODAY)

    assert [(each.column, each.key) for each in caught.value.faults] == [("school", "roster.missing-column")]


def test_our_own_sample_gives_the_same_people_as_ever() -> None:
    """The people as a plain reading of the file has them: nothing is left out, and nothing is mended."""
    sample = PROMPTS / "sample/roster.csv"
    with sample.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    roster = read_roster(sample, today=TODAY)

    assert {(each.given_name, each.family_name, each.email) for each in roster.people} == {
        (row["given_name"], row["family_name"], row["email"].lower()) for row in rows
    }
    assert sum(len(each.posts) for each in roster.people) == len(rows)
    assert {each.name for each in roster.schools} == {row["school"] for row in rows}
    assert roster.remarks == ()
    assert roster.left_out == 0
