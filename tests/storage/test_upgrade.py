"""A database made by an earlier release is upgraded, and the cycle in it goes on.

`made_by_0005.json` holds every row of a town in the middle of a cycle, as the code at revision 0005 wrote them: a
pairing, a check-in that waits for its answer, a line of the playground, tokens of Slack under the key below.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import Connection, MetaData

from bot.events import Command, Submitted
from bot.model import CycleState, DeliveryState
from bot.prompts import Prompts
from storage.drivers.engines import migration_engine
from storage.migrate import check, downgrade, upgrade
from storage.playground import SqlConversations
from storage.secrets import Seal
from storage.store import SqlStore
from storage.tokens import StoredTokens, reseal
from tests.journeys.town import COORDINATOR, Town
from tests.support.places import PROMPTS

ROWS = Path(__file__).with_name("made_by_0005.json")
KEY = "C2fZ0m4mZpUO4R4cZrV7n1a0T0QyXk0bq2r5mJq3h1E="
STOPPED = datetime(2026, 9, 15, 9, 0, tzinfo=UTC)
PREVIEWS = {"slack": '{"text": "Hello"}', "teams": '{"type": "AdaptiveCard"}'}


@pytest.fixture
def old_database_url(empty_database_url: str) -> str:
    """A database at revision 0005 with those rows."""
    upgrade(empty_database_url, "0005")
    engine = migration_engine(empty_database_url)
    with engine.begin() as connection:
        fill(connection)
    engine.dispose()
    return empty_database_url


def fill(connection: Connection) -> None:
    rows = json.loads(ROWS.read_text(encoding="utf-8"))
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        if found := rows.pop(table.name, None):
            values = [{key: value(table.c[key].type, each[key]) for key in each} for each in found]
            connection.execute(sa.insert(table), values)
            if "id" in table.c and connection.dialect.name == "postgresql" and table.c.id.autoincrement:
                last = sa.select(sa.func.max(table.c.id)).scalar_subquery()
                sequence = sa.func.pg_get_serial_sequence(table.name, "id")
                connection.execute(sa.select(sa.func.setval(sequence, last)).where(sequence.is_not(None)))
    assert rows == {}


def value(kind: sa.types.TypeEngine[Any], written: Any) -> Any:
    """A value as SQLite's file holds it, as this database takes it."""
    match kind:
        case _ if written is None:
            return None
        case sa.DateTime():
            return datetime.fromisoformat(written).replace(tzinfo=UTC)
        case sa.Time():
            return time.fromisoformat(written)
        case sa.Date():
            return date.fromisoformat(written)
        case sa.Boolean():
            return bool(written)
        case sa.JSON():
            return json.loads(written)
        case sa.LargeBinary():
            return bytes.fromhex(written)
        case _:
            return written


@pytest.fixture
async def store(old_database_url: str) -> AsyncIterator[SqlStore]:
    upgrade(old_database_url)
    store = SqlStore(old_database_url, durable=False)
    yield store
    await store.close()


async def test_tokens_are_opened_and_sealed_anew(store: SqlStore) -> None:
    tokens = StoredTokens(store, Seal([KEY]), "slack")

    assert await tokens.token("T0OAK") == "xoxb-oak"
    assert await tokens.token("T0ELM") == "xoxb-elm", "of a workspace inside an organisation"
    assert await tokens.token("E2") == "xoxb-wide", "of a whole organisation"
    assert await tokens.token("E1") is None
    assert {name for name, _ in await tokens.newest(9)} == {"Oak", "Elm", "Everywhere"}
    assert await reseal(store, Seal([KEY])) == 3
    assert await tokens.end_install("on-the-way", STOPPED), "whoever set out before the upgrade comes back"
    assert not await tokens.end_install("on-the-way", STOPPED)


async def test_the_playground_goes_on(store: SqlStore) -> None:
    conversations = SqlConversations(store)
    first, second = await conversations.lines("oak", "ann")

    assert (first.plain, first.previews) == ("Hello", PREVIEWS)
    assert (second.plain, second.previews) == ("status", {})
    assert await conversations.clock() is not None
    new = await conversations.add(
        workspace="oak", person="ann", at=STOPPED, author="bot", html="", plain="New", previews=PREVIEWS
    )
    assert new > second.id


async def test_the_cycle_is_played_to_its_end(store: SqlStore) -> None:
    town = Town(store, Prompts.load(PROMPTS), STOPPED, "Town")
    assert await town.hear("Ann Ash", Command("status"), "e1") is None, "the old database has seen this event"
    answer = Submitted(
        "check-in", str((await town.check_ins("Ann Ash"))["focus"].id), {"pupils": "Give reasons"}
    )
    assert await town.hear("Ann Ash", answer, "after 1") is not None
    await town.days(20)
    assert await town.hear(COORDINATOR, Command("close yes"), "after 2") is not None
    await town.days(10)

    assert "Give reasons" in town.everything("Cat Cox")
    assert await town.state() is CycleState.CLOSED
    assert "is over. Thank you" in town.last("Ann Ash")
    assert {each.state for each in await town.deliveries()} <= {DeliveryState.SENT, DeliveryState.DROPPED}


def test_a_rollback_gives_the_old_tables_their_rows_again(old_database_url: str) -> None:
    upgrade(old_database_url)
    downgrade(old_database_url, "0005")

    engine = migration_engine(old_database_url)
    with engine.begin() as connection:
        installed = connection.execute(sa.text("SELECT enterprise, team, name FROM slack_installation")).all()
        lines = connection.execute(sa.text("SELECT slack, teams FROM playground_line ORDER BY id")).all()
    engine.dispose()
    assert sorted(map(tuple, installed)) == [
        ("", "T0ELM", "Elm"), ("", "T0OAK", "Oak"), ("E2", "", "Everywhere")
    ]  # fmt: skip
    assert list(map(tuple, lines)) == [(PREVIEWS["slack"], PREVIEWS["teams"]), ("", "")]
    upgrade(old_database_url)
    assert check(old_database_url) == ()
