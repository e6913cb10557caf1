"""The table of delivery kinds, compared with the rows that played deliveries refer to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Table, select, text

from bot.message import Form
from bot.model import KINDS, Challenge, CheckIn, Cycle, DeliveryKind, Member, Note, Pairing, School
from bot.prompts import Prompts
from storage import tables as t
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, build, values_for

pytestmark = pytest.mark.core  # no screen shows what a delivery refers to

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
CHALLENGED = datetime(2026, 9, 21, 14, 30, tzinfo=UTC)
TABLES: dict[type, Table] = {
    Challenge: t.challenge,
    CheckIn: t.check_in,
    Cycle: t.cycle,
    Member: t.member,
    Note: t.note,
    Pairing: t.pairing,
    School: t.school,
}


async def number_apart(store: SqlStore) -> None:
    """Let the ids of each table begin at another thousand, so that no id is one of two tables'."""
    async with store.transaction() as tx:
        for place, table in enumerate(TABLES.values(), start=1):
            statement = (
                f"INSERT INTO sqlite_sequence (name, seq) VALUES ('{table.name}', {place * 1000})"
                if tx.connection.dialect.name == "sqlite"
                else f"ALTER SEQUENCE {table.name}_id_seq RESTART {place * 1000}"
            )
            await tx.connection.execute(text(statement))


async def test_every_delivery_refers_to_a_row_of_the_class_that_its_kind_names(
    store: SqlStore, prompts: Prompts
) -> None:
    await number_apart(store)
    town = await build(store, prompts, {"Oak": ["Ann Ash", "Bob Box"], "Elm": ["Cat Cox", "Dee Dow"]}, MONDAY)
    await town.run(date(2026, 9, 14), "peer-visit-2wk")
    await town.until(ASKED)
    partner = await town.partner_of("Ann Ash")
    await town.press("Ann Ash", "In an hour")
    await town.submit("Ann Ash", "tell", text="See you on Monday")
    form = await town.press(partner, "Answer now")
    assert isinstance(form, Form)
    await town.submit(partner, "check-in", form.context, **values_for(form))
    await town.command(COORDINATOR, "nudge 1")
    await town.command("Ann Ash", "request partner")
    await town.until(CHALLENGED)
    for name in ("Ann Ash", partner):
        await town.fill(name, evidence="Four hands went up", question="What made them dare?")
    await town.days(1)
    form = await town.press("Ann Ash", "Reply, and set a next step")
    assert isinstance(form, Form)
    await town.submit(
        "Ann Ash", "challenge", form.context, reply="Yes", next_step="Wait", next_step_on="2026-09-30"
    )
    await town.command(partner, "leave yes")
    await town.days(1)
    for name in ("Bob Box", "Cat Cox", "Dee Dow"):
        await town.command(name, "leave yes")
    await town.days(40)
    await town.command(COORDINATOR, "close yes")

    owed = await town.deliveries()
    # This pack shares nothing in a pool, the fake platform has no group chats, nobody asks or moves, and the
    # coordinator changes nothing: that is played in test_amendments.py.
    unplayed = {DeliveryKind.POOL, DeliveryKind.TOGETHER, DeliveryKind.REQUEST}
    unplayed |= {
        DeliveryKind.LINK_REQUEST,
        DeliveryKind.NEW_ADDRESS,
        DeliveryKind.REMOVED,
        DeliveryKind.FIRST_DAY,
    }
    unplayed |= {DeliveryKind.WORKSPACE_RESTS}  # no workspace of the fake platform rests
    assert {each.kind for each in owed} == set(DeliveryKind) - unplayed
    async with store.transaction() as tx:
        for subject, table in TABLES.items():
            ids = set((await tx.connection.execute(select(table.c.id))).scalars())
            wrong = [
                each for each in owed if KINDS[each.kind].subject is subject and each.subject_id not in ids
            ]
            assert not wrong
