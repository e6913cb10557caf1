"""What machines ask: alive, ready, and figures; with the database there, behind, or away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from adapters.server import operation
from adapters.server.operation import Metrics, figures, health
from adapters.server.web import application
from bot.events import Command, Event
from bot.message import Message
from bot.model import Address, DeliveryState, Limit, Standing
from bot.prompts import Prompts
from storage.migrate import downgrade
from storage.standing import standing
from storage.store import SqlStore
from tests.storage.world import HOUR, NOW, World
from tests.support.places import PROMPTS

VOICE = Prompts.load(PROMPTS).voice("en")
FINE = Standing(due=3, lag=timedelta(seconds=90), sending=2, uncertain=1, lanes_blocked=4, is_migrated=True)


async def fine() -> Standing:
    return FINE


async def client(look: operation.Look, metrics: Metrics) -> TestClient[web.Request, web.Application]:
    app = application([*health(look), *figures(metrics, look)], voice=VOICE)
    found = TestClient(TestServer(app))
    await found.start_server()
    return found


def values(page: str) -> dict[str, float]:
    return {
        sample.name + "".join(f" {value}" for value in sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page)
        for sample in family.samples
    }


async def test_who_is_well_is_alive_and_ready_and_tells_how_far_behind_it_is() -> None:
    async with await client(fine, Metrics()) as asked:
        alive, ready = await asked.get("/healthz"), await asked.get("/readyz")

        assert (alive.status, ready.status) == (200, 200)
        assert await ready.json() == {"database": True, "migrations": True, "due": 3, "lag_seconds": 90.0}


async def test_without_its_database_a_process_is_alive_and_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation, "SECONDS_TO_LOOK", 0.05)

    async def refused() -> Standing:
        raise ConnectionError("postgresql://jpd:secret@db.test")

    async def silent() -> Standing:
        await asyncio.Event().wait()
        return FINE

    for look in (refused, silent):
        async with await client(look, Metrics()) as asked:
            alive, ready = await asked.get("/healthz"), await asked.get("/readyz")
            page = await asked.get("/metrics")

            assert (alive.status, ready.status) == (200, 503)
            assert "secret" not in await ready.text()
            assert values(await page.text())["jpd_database_up"] == 0


async def test_a_database_that_hangs_is_looked_at_once_however_many_ask(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operation, "SECONDS_TO_LOOK", 0.05)
    answers, looks = asyncio.Event(), 0

    async def hanging() -> Standing:
        nonlocal looks
        looks += 1
        while not answers.is_set():
            with suppress(asyncio.CancelledError):  # as a driver does, that asks its server to stop
                await answers.wait()
        return FINE

    async with await client(hanging, Metrics()) as asked:
        away = [await asked.get("/readyz") for _ in range(3)]
        assert {each.status for each in away} == {503}
        assert looks == 1
        answers.set()
        assert (await asked.get("/readyz")).status == 200


async def test_a_store_that_wants_migrating_is_not_ready(database_url: str) -> None:
    downgrade(database_url, "0003")
    store = SqlStore(database_url, durable=False)
    async with store.transaction() as tx:
        await tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0002'")
    async with await client(partial(standing, store), Metrics()) as asked:
        ready = await asked.get("/readyz")

        assert ready.status == 503
        assert (await ready.json())["database"] is True
        assert (await ready.json())["migrations"] is False
    await store.close()


async def test_the_figures_are_what_lies_in_the_store(database_url: str) -> None:
    store = SqlStore(database_url, durable=False)
    world = await World.begin(store)
    assert await standing(store) == Standing(
        due=0, lag=timedelta(), sending=0, uncertain=0, lanes_blocked=0, is_migrated=True
    )
    now = await store.now()
    limits = {"slack": Limit(HOUR)}
    async with store.transaction() as tx:
        await tx.members.connect(Address("slack", "T1", "U1"), world.members["Anest"], NOW)
        await tx.deliveries.owe([world.delivery("Anest", n, due_at=now - HOUR) for n in range(5)])
        await tx.deliveries.owe([world.delivery("Anest", 9, due_at=now + HOUR)])
        one, other = await tx.deliveries.claim(now, now + HOUR, 2)
        await tx.deliveries.settle([replace(one, state=DeliveryState.UNCERTAIN)])
        await tx.lanes.line_up(now, limits)
        await tx.lanes.claim(now, now + HOUR, 1)
    found = await standing(store)
    await store.close()

    assert replace(found, lag=timedelta()) == Standing(
        due=2, lag=timedelta(), sending=2, uncertain=1, lanes_blocked=1, is_migrated=True
    )
    assert found.lag >= HOUR
    assert other.state is DeliveryState.SENDING


async def test_what_is_logged_as_settled_is_counted_by_what_became_of_it() -> None:
    metrics = Metrics()
    for state, ours in (("sent", True), ("sent", True), ("failed", True), ("sent", False)):
        event = {"event": "delivery.settled", "state": state, "kind": "note", "ours": ours}
        assert metrics.count(None, "info", event) is event
    metrics.count(None, "info", {"event": "slack.installed"})
    found = values(metrics.page(FINE).decode())

    assert found["jpd_deliveries_settled_total note sent"] == 2
    assert found["jpd_deliveries_settled_total note failed"] == 1
    assert found["jpd_lag_seconds"] == 90
    assert found["jpd_lanes_blocked"] == 4


async def test_answers_are_timed_even_when_they_fail() -> None:
    metrics = Metrics()

    async def answer(event: Event) -> Message | None:
        if event.id == "2":
            raise ValueError("a slip")
        return None

    handle = metrics.timed(answer)
    somebody = Address("slack", "T1", "U1")
    await handle(Event(id="1", at=NOW, sender=somebody, what=Command("help")))
    with pytest.raises(ValueError, match="slip"):
        await handle(Event(id="2", at=NOW, sender=somebody, what=Command("help")))

    assert values(metrics.page(FINE).decode())["jpd_event_seconds_count"] == 2
