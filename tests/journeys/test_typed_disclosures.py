"""The text of a disclosure is nowhere afterwards: not in the store, not in later messages, not in the logs."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.prompts import Prompts
from storage import tables
from storage.store import SqlStore, SqlTx
from tests.journeys.town import Town, build
from tests.support.saved_towns import begins_with

MONDAY = datetime(2026, 9, 7, 9, 0, tzinfo=UTC)
MARKER = "zq81marker"
DISCLOSURE = f"A pupil told me today that her dad hits her {MARKER}"


async def first_question_asked(store: SqlStore, prompts: Prompts) -> Town:
    town = await build(store, prompts, {"Oak": ["Ann Ash"], "Elm": ["Cat Cox"]}, MONDAY)
    await town.run(date(2026, 9, 14))
    await town.until(datetime(2026, 9, 14, 14, 30, tzinfo=UTC))
    return town


pytestmark = begins_with(first_question_asked)


async def test_a_disclosure_is_kept_nowhere(
    town: Town,
    database_url: str,
    caplog: pytest.LogCaptureFixture,
    mishaps: list[MutableMapping[str, Any]],
) -> None:
    caplog.set_level(logging.DEBUG)

    slashed = await town.command("Ann Ash", f"pause {DISCLOSURE}")
    typed = await town.say("Ann Ash", DISCLOSURE)
    told = await town.say("Ann Ash", f"tell my partner {DISCLOSURE}")
    filled = await town.fill("Ann Ash", pupils=DISCLOSURE)
    await town.days(2)

    for reply in (slashed, typed, told, filled):
        assert "speak to your safeguarding lead now" in reply
    assert MARKER not in town.everything("Ann Ash") + town.everything("Cat Cox")
    assert MARKER not in caplog.text + repr(mishaps)
    async with town.store.transaction() as tx:
        for table in tables.metadata.sorted_tables:
            rows = (await tx.connection.execute(select(table))).all()
            assert MARKER not in repr(rows), table.name
        files = await files_of(tx, database_url)
    holding = [each.name for each in files if MARKER.encode() in each.read_bytes()]
    assert holding == []


async def test_the_files_that_are_searched_hold_what_is_written(town: Town, database_url: str) -> None:
    await town.say("Ann Ash", f"Four hands went up {MARKER}")

    async with town.store.transaction() as tx:
        if not database_url.startswith("sqlite"):
            await tx.connection.execute(text("CHECKPOINT"))
        files = await files_of(tx, database_url)
    assert any(MARKER.encode() in each.read_bytes() for each in files)


async def files_of(tx: SqlTx, database_url: str) -> list[Path]:
    """Return the files in which a database and its journals lie."""
    if database_url.startswith("sqlite"):
        file = Path(database_url.partition("///")[2])
        return [*file.parent.glob(f"{file.name}*")]
    folder = Path((await tx.connection.execute(text("SHOW data_directory"))).scalar_one())
    number = (
        await tx.connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()"))
    ).scalar_one()
    own = [*(folder / "base" / str(number)).iterdir(), *(folder / "pg_wal").iterdir()]
    return [each for each in own if each.is_file()]
