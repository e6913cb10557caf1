"""Before somebody becomes inactive beside somebody new who may be the same, the import asks."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.rosters import read_roster
from bot.model.roster import Roster, RosterError
from bot.use_cases.rosters import Identity, import_roster
from storage.store import SqlStore
from tests.support.places import ROOT

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HANDED = ROOT / "tests/published/rosters/handed"
HEADER = "school,given_name,family_name,email,role"
BO = "Brook High,Bo,Lind,bo@v.example.org,teacher"


def roster(folder: Path, *rows: str, header: str = HEADER) -> Roster:
    file = folder / "roster.csv"
    file.write_text("\n".join((header, *rows)), encoding="utf-8")
    return read_roster(file, today=NOW.date())


NOTHING_SAID = Identity()


async def bring(
    store: SqlStore, what: Roster, identity: Identity = NOTHING_SAID, *, dry_run: bool = False
) -> list[str]:
    async with store.transaction() as tx:
        made = await import_roster(tx, "Town", what, NOW, dry_run=dry_run, identity=identity)
    return [f"{each.kind} {each.name}" for each in made.changes]


async def questions(store: SqlStore, what: Roster) -> list[tuple[str, str, str]]:
    with pytest.raises(RosterError) as caught:
        await bring(store, what)
    return [(each.key, dict(each.facts)["old"], dict(each.facts)["new"]) for each in caught.value.faults]


async def test_the_handed_change_of_a_name_asks_and_can_be_answered_in_both_ways(store: SqlStore) -> None:
    before, after = (
        read_roster(HANDED / f"e01-{each}.csv", today=NOW.date()) for each in ("before", "after")
    )
    await bring(store, before)
    old, new = "ana.reyes@v.example.org", "ana.smith@v.example.org"

    assert await questions(store, after) == [("roster.same-person", old, new)]
    assert await bring(store, after, Identity(all_others_differ=True), dry_run=True) == [
        "added Ana Smith",
        "inactive Ana Reyes",
    ]
    assert await bring(store, after, Identity({old: new})) == ["changed Ana Smith"]
    assert await bring(store, after) == [], "the new id is known from now on"


async def test_a_new_id_with_a_known_address_asks(store: SqlStore, tmp_path: Path) -> None:
    await bring(store, roster(tmp_path, BO))

    with_id = roster(tmp_path, f"{BO},17", header=f"{HEADER},person_id")

    assert await questions(store, with_id) == [("roster.same-person", "bo@v.example.org", "17")]


async def test_a_school_with_a_new_name_and_all_its_people_asks(store: SqlStore, tmp_path: Path) -> None:
    rows = ["{0},Ana,Reyes,ana{1}@v.example.org,teacher", "{0},Cy,Dee,cy{1}@v.example.org,teacher"]
    await bring(store, roster(tmp_path, *(each.format("Ashby Primary", "") for each in rows), BO))
    renamed = roster(tmp_path, *(each.format("Ashby Academy", "2") for each in rows), BO)

    asked = await questions(store, renamed)

    assert asked == [("roster.same-school", "ashby-primary", "ashby-academy")]
    same = Identity({"ashby-primary": "ashby-academy"})
    with pytest.raises(RosterError) as caught:  # now the people are at one school, and each has a new address
        await bring(store, renamed, same, dry_run=True)
    assert {each.key for each in caught.value.faults} == {"roster.same-person"}


async def test_a_known_school_in_another_spelling_asks(store: SqlStore, tmp_path: Path) -> None:
    await bring(store, roster(tmp_path, "St John's Primary,Ana,Reyes,ana@v.example.org,teacher", BO))

    other = roster(tmp_path, "St John\u2019s Primary,Ana,Reyes,ana@v.example.org,teacher", BO)

    assert await questions(store, other) == [("roster.same-school", "st-john-s-primary", "st-johns-primary")]


async def test_a_leaver_and_a_new_colleague_with_other_names_are_two(store: SqlStore, tmp_path: Path) -> None:
    await bring(store, roster(tmp_path, "Ashby,Ana,Reyes,ana@v.example.org,teacher", BO))

    other = roster(
        tmp_path,
        "Ashby,Zoe,Reyes,zoe@v.example.org,teacher",
        "Brook High,Ana,Lee,al@v.example.org,teacher",
        BO,
    )

    assert await bring(store, other) == ["added Zoe Reyes", "added Ana Lee", "inactive Ana Reyes"]


async def test_an_answer_about_nobody_is_a_fault(store: SqlStore, tmp_path: Path) -> None:
    await bring(store, roster(tmp_path, BO))

    with pytest.raises(RosterError) as caught:
        await bring(store, roster(tmp_path, BO), Identity({"nobody": "bo@v.example.org"}))

    assert [each.key for each in caught.value.faults] == ["roster.same-unknown"]
