"""One person's words that reach two processes at once: each is taken as if the other had been first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update

from bot.events import Said
from bot.model import Answer, Share
from bot.prompts import Prompts
from storage import tables as t
from storage.store import SqlStore
from tests.journeys.town import Town, build, plain
from tests.storage.world import until_it_waits

pytestmark = pytest.mark.core

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
ASKED = datetime(2026, 9, 14, 14, 30, tzinfo=UTC)


@pytest.fixture
async def town(postgresql_url: str, prompts: Prompts) -> AsyncIterator[Town]:
    """The first question was asked."""
    store = SqlStore(postgresql_url, durable=False)
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY, principals=False)
    await town.run(date(2026, 9, 14), "joint-practice-6wk")
    await town.until(ASKED)
    yield town
    await store.close()


async def answers(town: Town, check_in_id: int) -> set[str]:
    async with town.store.transaction() as tx:
        return {each.text for each in await tx.check_ins.answers(check_in_id)}


async def test_two_answers_typed_at_once_answer_two_questions(town: Town) -> None:
    number = (await town.check_ins("Ann Ash"))["focus"].id
    said = ("They give reasons", "I would see them ask")

    await asyncio.gather(*(town.hear("Ann Ash", Said(each), f"evt-{each}") for each in said))

    assert await answers(town, number) == set(said)


async def test_who_would_wait_in_a_circle_begins_again_and_notices_nothing(town: Town) -> None:
    """PostgreSQL ends whoever looks for a circle after it has closed: here the other transaction looks too late."""
    check_in = (await town.check_ins("Ann Ash"))["focus"]
    async with town.store.transaction() as other:
        await other.connection.exec_driver_sql("SET LOCAL deadlock_timeout = '1h'")
        await other.connection.execute(
            update(t.check_in).where(t.check_in.c.id == check_in.id).values(suggested_at=ASKED)
        )
        with suppress(GateOpens):
            async with town.store.transaction() as gate:
                await gate.check_ins.answer(
                    Answer(
                        check_in_id=check_in.id,
                        question=str(check_in.asking),
                        text="",
                        share=Share.PARTNER,
                        language="en",
                        given_at=ASKED,
                    )
                )
                said = asyncio.create_task(town.hear("Ann Ash", Said("They give reasons"), "evt-1"))
                await until_it_waits(town.store, said)  # it holds the address, and waits for the gate
                addressed = asyncio.create_task(
                    other.connection.execute(update(t.address).values(last_used_at=ASKED))
                )
                await until_it_waits(town.store, addressed, waiting=2)
                raise GateOpens
        await addressed

    assert "They give reasons" in plain(await said)
    assert await answers(town, check_in.id) == {"They give reasons"}


class GateOpens(Exception):
    """Rolls back the transaction that kept the answer from being stored."""


async def test_the_same_words_that_come_twice_at_once_are_taken_once(town: Town) -> None:
    number = (await town.check_ins("Ann Ash"))["focus"]
    both = [town.hear("Ann Ash", Said("They give reasons"), "evt-1") for _ in range(2)]

    replies = await asyncio.gather(*both)

    assert sorted(each is None for each in replies) == [False, True]
    async with town.store.transaction() as tx:
        assert len(await tx.check_ins.answers(number.id)) == 1
