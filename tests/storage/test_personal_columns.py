"""A decision for every column about a member: does `forget me` erase it, and does `my data` show it?

When you add a column to one of these tables, decide both here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time

import pytest
from sqlalchemy import Row, Table, select, update

from bot.message import File
from bot.model import Address, Hours, Profile, Role
from bot.prompts import Prompts
from bot.use_cases import personal_data
from bot.use_cases.request import Request
from storage import tables as t
from tests.storage.world import HOUR, NOW, World
from tests.support.places import PROMPTS

TABLES: dict[Table, str] = {
    t.member: "id",
    t.address: "member_id",
    t.profile: "member_id",
    t.post: "member_id",
    t.held_words: "member_id",
    t.kept_file: "member_id",
}
"""The tables that describe a member, each with the column that holds the member's id."""
OTHER_SCHOOL = "the other school"


@dataclass(frozen=True)
class Decision:
    """What happens to one column."""

    kept: str = ""
    """Why `forget me` keeps the value; empty: it is erased."""
    left_out: str = ""
    """Why `my data` leaves the column out; empty: it is shown."""
    other: object = None
    """Another value that the column may have; None where it cannot be changed on its own."""


NUMBER = "a number of ours that says nothing outside this database"
COUNTED = "counts by school and role need it, and it names nobody"
TECHNICAL = "how the bot reaches a platform; it says nothing about the person"
DECISIONS: Mapping[str, Decision] = {
    "member.id": Decision(kept="answers of partners and counts refer to it", left_out=NUMBER),
    "member.partnership_id": Decision(kept=COUNTED, left_out=NUMBER),
    "member.source_id": Decision(left_out="the school's own identifier for its roster", other="p-other"),
    "member.given_name": Decision(other="Other"),
    "member.family_name": Decision(other="Other"),
    "member.email": Decision(other="other@x.test"),
    "member.language": Decision(kept="a choice of a few languages, which names nobody", other="cy"),
    "member.active": Decision(left_out="only active members can ask for their data"),
    "member.hours_days": Decision(other="34"),
    "member.hours_start": Decision(other=time(10, 0)),
    "member.hours_end": Decision(other=time(14, 0)),
    "member.paused_until": Decision(other=date(2027, 1, 8)),
    "member.erased_at": Decision(
        kept="when the member was erased, which is set by erasing", left_out="empty until then"
    ),
    "address.platform": Decision(other="other"),
    "address.workspace": Decision(other="other"),
    "address.user": Decision(other="other"),
    "address.member_id": Decision(left_out=NUMBER),
    "address.route": Decision(left_out=TECHNICAL, other="other"),
    "address.last_used_at": Decision(left_out=TECHNICAL, other=NOW + HOUR),
    "address.live": Decision(left_out="addresses that no longer work are not shown"),
    "address.blocked_times": Decision(left_out=TECHNICAL, other=3),
    "address.blocked_at": Decision(left_out=TECHNICAL, other=NOW + HOUR),
    "profile.member_id": Decision(left_out=NUMBER),
    "profile.subjects": Decision(other=["other"]),
    "profile.phase": Decision(other="other"),
    "profile.offers": Decision(other=["other"]),
    "profile.needs": Decision(other=["other"]),
    "profile.slots": Decision(other=["other"]),
    "post.member_id": Decision(kept=COUNTED, left_out=NUMBER),
    "post.position": Decision(kept=COUNTED, left_out="roles are shown in this order"),
    "post.school_id": Decision(kept=COUNTED, other=OTHER_SCHOOL),
    "post.role": Decision(kept=COUNTED, other=Role.COORDINATOR),
    "held_words.member_id": Decision(left_out=NUMBER),
    "held_words.sealed": Decision(other=b"cannot be opened"),
    "held_words.held_at": Decision(left_out="the text is kept for minutes", other=NOW + HOUR),
    "kept_file.id": Decision(left_out=NUMBER),
    "kept_file.member_id": Decision(left_out=NUMBER),
    "kept_file.sealed": Decision(
        left_out="a roster names others, and its sender has the file", other=b"other"
    ),
    "kept_file.sent_at": Decision(left_out="the file is kept for a day at most", other=NOW + HOUR),
    "held_words.message": Decision(left_out="the platform's own number of the message", other="m10"),
}


@pytest.fixture
async def anest(world: World) -> World:
    """Give Anest a value in every column."""
    anest = world.members["Anest"]
    async with world.store.transaction() as tx:
        await tx.members.set_hours(anest, Hours(frozenset({0, 1}), time(9, 0), time(15, 0)))
        await tx.members.set_pause(anest, date(2026, 12, 1))
        await tx.members.connect(Address("slack", "T1", "U1", route="D1"), anest, NOW)
        await tx.members.note_block(Address("slack", "T1", "U1"), NOW)
        await tx.members.set_profile(
            anest, Profile(subjects=("maths",), phase="primary", offers=("a",), needs=("b",), slots=("c",))
        )
        await tx.members.keep_words(anest, "My answer", NOW, "m9")
        await tx.files.keep(anest, "a roster", NOW)
    for table in TABLES:
        row = await row_of(world, table)
        assert row is not None, table.name
        empty = {name for name, value in row._mapping.items() if value in (None, "", [])}  # noqa: SLF001  # public in spite of its name
        assert empty <= ({"erased_at"} if table is t.member else set()), f"{table.name}: {empty}"
    return world


async def row_of(world: World, table: Table) -> Row[tuple[object, ...]] | None:
    async with world.store.transaction() as tx:
        query = select(table).where(table.c[TABLES[table]] == world.members["Anest"])
        return (await tx.connection.execute(query)).one_or_none()


async def my_data(world: World) -> object:
    """Return what `my data` shows to Anest."""
    async with world.store.transaction() as tx:
        member = await tx.members.get(world.members["Anest"])
        voice = Prompts.load(PROMPTS).voice("en")
        message = await personal_data.export(Request(tx, voice, member, NOW))
        [file] = [each for each in message.elements if isinstance(each, File)]
        shown: object = json.loads(file.content)
        return shown


def test_every_column_about_a_member_is_decided() -> None:
    assert DECISIONS.keys() == {f"{table.name}.{column.name}" for table in TABLES for column in table.c}


async def test_forgetting_erases_every_column_that_is_not_kept_for_a_reason(anest: World) -> None:
    before = {table: await row_of(anest, table) for table in TABLES}
    async with anest.store.transaction() as tx:
        await tx.members.forget(anest.members["Anest"], NOW + HOUR)

    for table, row in before.items():
        after = await row_of(anest, table)
        assert row is not None
        for column in table.c:
            decision = DECISIONS[f"{table.name}.{column.name}"]
            stays = after is not None and after._mapping[column.name] == row._mapping[column.name]  # noqa: SLF001  # public in spite of its name
            if column is not t.member.c.erased_at:
                assert stays == bool(decision.kept), f"{table.name}.{column.name}"


@pytest.mark.quick_cases("sqlite")
async def test_my_data_shows_every_column_that_is_not_left_out_for_a_reason(anest: World) -> None:
    assert all(each.left_out or each.other is not None for each in DECISIONS.values())
    for table, key in TABLES.items():
        for column in table.c:
            decision = DECISIONS[f"{table.name}.{column.name}"]
            other = decision.other
            if other is None:
                continue
            before = await my_data(anest)
            if other == OTHER_SCHOOL:
                other = anest.schools["s-kauri"].id
            async with anest.store.transaction() as tx:
                changed = update(table).where(table.c[key] == anest.members["Anest"])
                await tx.connection.execute(changed.values({column.name: other}))
            is_shown = await my_data(anest) != before
            assert is_shown != bool(decision.left_out), f"{table.name}.{column.name}"
