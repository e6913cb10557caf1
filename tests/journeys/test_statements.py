"""Budgets of statements: what one person does costs the same however many others there are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from bot.events import Command, Said
from bot.message import Message
from bot.model import EnrolmentState
from bot.prompts import Prompts
from storage import tables
from storage.store import SqlStore
from tests.journeys.town import COORDINATOR, Town, build, buttons_of, plain
from tests.support.statements import statements

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)
SIZES = (2, 8)
"""Schools of four teachers each."""
COORDINATED = (4, 16)
"""More schools for what is told to everybody: so many statements of one a person would break every budget."""


async def town_of(store: SqlStore, prompts: Prompts, schools: int, *, principals: bool = False) -> Town:
    people = {f"School {n}": [f"{name} {n}" for name in ("Ann", "Bob", "Cat", "Dan")] for n in range(schools)}
    town = await build(store, prompts, people, MONDAY, principals=principals)
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
async def test_a_typed_answer_takes_ten_statements(store: SqlStore, prompts: Prompts, schools: int) -> None:
    town = await town_of(store, prompts, schools)
    for name in await town.teachers():
        await town.command(name, "join")
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)

    with statements(store) as sent:
        reply = await town.hear("Ann 0", Said("Give a reason for every answer, without being asked", "m1"))

    assert "Goes to" in plain(reply)
    assert len(sent) <= 10, sent


@pytest.mark.parametrize("schools", SIZES)
async def test_help_and_the_buttons_of_a_question_take_ten_statements_at_most(
    store: SqlStore, prompts: Prompts, schools: int
) -> None:
    town = await town_of(store, prompts, schools)
    for name in await town.teachers():
        await town.command(name, "join")
    await town.command(COORDINATOR, "preview")
    await town.command(COORDINATOR, "confirm")
    await town.until(ASKED)
    (skip,) = [does for each in town.post.received["Ann 0"] for does in _skips(each)]

    taken: dict[str, int] = {}
    for name, command in {"help": Command("help"), "skip": skip}.items():
        with statements(store) as sent:
            assert await town.hear("Ann 0", command) is not None
        taken[name] = len(sent)

    assert taken["help"] <= 4
    assert taken["skip"] <= 10


def _skips(message: Message) -> list[Command]:
    return [
        each.does
        for each in buttons_of(message)
        if isinstance(each.does, Command) and each.does.line.startswith("skip")
    ]


@pytest.mark.parametrize("schools", COORDINATED)
async def test_a_cycle_takes_as_many_statements_a_command_and_a_message_for_few_as_for_many(
    store: SqlStore, prompts: Prompts, schools: int
) -> None:
    town = await town_of(store, prompts, schools, principals=True)

    assert await statements_a_message(town, MONDAY + timedelta(days=1)) <= 3

    async with store.transaction() as tx:
        await tx.connection.execute(update(tables.enrolment).values(state=EnrolmentState.ACCEPTED))
    assert await statements_of(town, COORDINATOR, "preview") <= 40
    assert await statements_of(town, COORDINATOR, "confirm") <= 60
    assert len(await town.pairings()) == 2 * schools
    assert await statements_of(town, COORDINATOR, "status") <= 12
    assert await statements_of(town, COORDINATOR, "pairs") <= 12
    assert await statements_a_message(town, MONDAY + timedelta(days=14)) <= 5
    assert await statements_of(town, "Ann 0", "leave yes") <= 60


async def statements_of(town: Town, name: str, command: str) -> int:
    """Return how many statements a command takes."""
    with statements(town.store) as sent:
        await town.command(name, command)
    return len(sent)


async def statements_a_message(town: Town, until: datetime) -> float:
    """Return how many statements a message takes that falls due until then: claimed, composed, sent and settled."""
    before = sum(map(len, town.post.received.values()))
    with statements(town.store) as sent:
        await town.until(until)
    return len(sent) / (sum(map(len, town.post.received.values())) - before)
