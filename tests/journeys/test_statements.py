"""Budgets of statements: what one person does costs the same however many others there are."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from bot.events import Command, Said
from bot.prompts import Prompts
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, plain
from tests.support.statements import statements

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SIZES = (2, 8)
"""Schools of four teachers each."""


async def town_of(store: SqlStore, prompts: Prompts, schools: int) -> Town:
    people = {f"School {n}": [f"{name} {n}" for name in ("Ann", "Bob", "Cat", "Dan")] for n in range(schools)}
    town = await build(store, prompts, people, MONDAY, principals=False)
    await town.start(date(2026, 9, 14), "joint-practice-6wk")
    return town


@pytest.mark.parametrize("schools", SIZES)
async def test_to_join_takes_eight_statements(store: SqlStore, prompts: Prompts, schools: int) -> None:
    town = await town_of(store, prompts, schools)

    with statements(store) as sent:
        reply = await town.hear("Ann 0", Command("join"))

    assert "Good to have you in" in plain(reply)
    assert len(sent) <= 8


@pytest.mark.parametrize("schools", SIZES)
async def test_a_typed_answer_takes_sixteen_statements(
    store: SqlStore, prompts: Prompts, schools: int
) -> None:
    town = await town_of(store, prompts, schools)
    for name in await town.teachers():
        await town.command(name, "join")
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)

    with statements(store) as sent:
        reply = await town.hear("Ann 0", Said("Give a reason for every answer, without being asked", "m1"))

    assert "Goes to" in plain(reply)
    assert len(sent) <= 16
