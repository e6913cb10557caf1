"""The text of a disclosure is nowhere afterwards: not in the store, not in later messages, not in the logs."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.prompts import Prompts
from storage import tables
from storage.store import SqlStore
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

    typed = await town.say("Ann Ash", DISCLOSURE)
    told = await town.say("Ann Ash", f"tell my partner {DISCLOSURE}")
    filled = await town.fill("Ann Ash", pupils=DISCLOSURE)
    await town.days(2)

    for reply in (typed, told, filled):
        assert "speak to your safeguarding lead now" in reply
    assert MARKER not in town.everything("Ann Ash") + town.everything("Cat Cox")
    assert MARKER not in caplog.text + repr(mishaps)
    async with town.store.transaction() as tx:
        for table in tables.metadata.sorted_tables:
            rows = (await tx.connection.execute(select(table))).all()
            assert MARKER not in repr(rows), table.name
    if database_url.startswith("sqlite"):
        file = Path(database_url.partition("///")[2])
        for each in file.parent.glob(f"{file.name}*"):
            assert MARKER.encode() not in each.read_bytes(), each.name
