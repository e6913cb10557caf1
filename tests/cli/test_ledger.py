"""`jpd ledger`: what it prints, and what it never prints."""

from __future__ import annotations

import csv
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from typer.testing import CliRunner

from adapters.cli.main import app
from adapters.files.ledger import COLUMNS, as_csv
from bot.model import DeliveryKind, DeliveryState, LedgerLine
from storage.store import SqlStore
from tests.storage.world import DAY, HOUR, NOW, World


@pytest.fixture
async def url(database_url: str) -> str:
    """Four deliveries: planned, sent, failed and dropped, one an hour, beginning with the first."""
    store = SqlStore(database_url, durable=False)
    world = await World.begin(store)
    async with store.transaction() as tx:
        owed = [world.delivery("Anest", n, due_at=NOW + n * HOUR) for n in range(3)]
        await tx.deliveries.owe([*owed, world.delivery("Tama", 3, DeliveryKind.NOTE, due_at=NOW + 3 * HOUR)])
        _, sent, failed, dropped = await tx.deliveries.of_cycle(world.cycle.id)
        ended = [
            replace(sent, state=DeliveryState.SENT, ref="D1:1.0", perhaps_twice=True),
            replace(failed, state=DeliveryState.FAILED, reason="blocked", attempts=2),
            replace(dropped, state=DeliveryState.DROPPED, reason="left"),
        ]
        await tx.deliveries.settle([replace(each, settled_at=NOW + DAY) for each in ended])
    await store.close()
    return database_url


def printed(url: str, *words: str) -> list[str]:
    done = CliRunner().invoke(app, ["ledger", *words], env={"JPD_DATABASE_URL": url})
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


def test_every_line_says_state_reason_and_whose_by_the_rosters_ids(url: str) -> None:
    lines = printed(url)

    assert [" ".join(each.split()[3:]) for each in lines] == [
        "queued check_in s-bryn p-anest",
        "sent check_in s-bryn p-anest perhaps_twice",
        "failed blocked check_in s-bryn p-anest",
        "dropped left note s-kauri p-tama",
    ]
    assert not {"Anest", "Tama", "example", "D1"} & set(" ".join(lines).replace(":", " ").split())


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--state", "failed", "--state", "dropped"], [2, 3]),
        (["--kind", "note"], [3]),
        (["--school", "s-kauri"], [3]),
        (["--partnership", "Two Rivers", "--limit", "2"], [0, 1]),
        (["--partnership", "Nobody's"], []),
        (["--since", "2026-11-24T16:30:00", "--until", "2026-11-24T18:30:00"], [1, 2]),
    ],
    ids=str,
)
def test_what_is_asked_for_and_nothing_else(url: str, words: list[str], found: list[int]) -> None:
    lines = [json.loads(each) for each in printed(url, "--format", "json", *words)]

    assert [(datetime.fromisoformat(each["due_at"]) - NOW) / HOUR for each in lines] == found
    assert {tuple(each) for each in lines} <= {COLUMNS}


def test_as_csv_it_is_read_back_as_it_was(url: str) -> None:
    rows = list(csv.DictReader(printed(url, "--format", "csv")))

    assert [each["state"] for each in rows] == ["queued", "sent", "failed", "dropped"]
    assert [each["attempts"] for each in rows] == ["0", "0", "2", "0"]
    assert [each["perhaps_twice"] for each in rows] == ["", "yes", "", ""]
    assert [each["settled_at"] for each in rows] == ["", *["2026-11-25T15:30:00+00:00"] * 3]


async def test_no_cell_is_a_formula() -> None:
    line = LedgerLine(
        id=1, state=DeliveryState.SENT, reason="", kind=DeliveryKind.NOTE, school="=1+1", person='@SUM(1,"2")',
        partnership="Two Rivers", due_at=datetime(2026, 1, 1, tzinfo=UTC), expires_at=None, settled_at=None,
        attempts=1, perhaps_twice=False,
    )  # fmt: skip

    async def lines() -> AsyncIterator[LedgerLine]:
        yield line

    [row] = csv.DictReader(StringIO("\n".join([each async for each in as_csv(lines())])))

    assert (row["school"], row["person"]) == ("'=1+1", '\'@SUM(1,"2")')


async def test_a_long_ledger_is_read_to_its_end(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    from bot.model import LedgerFilter
    from storage import ledger

    monkeypatch.setattr(ledger, "PAGE", 7)
    world = await World.begin(store)
    async with store.transaction() as tx:
        await tx.deliveries.owe([world.delivery("Anest", n, due_at=NOW + n // 5 * HOUR) for n in range(50)])
    for limit in (1, 7, 20, 49, 50, 60):
        found = [each.id async for each in ledger.lines(store, LedgerFilter(limit=limit))]
        assert found == sorted(set(found))
        assert len(found) == min(50, limit)


@pytest.fixture
async def store(database_url: str):  # type: ignore[no-untyped-def]
    store = SqlStore(database_url, durable=False)
    yield store
    await store.close()
