"""PostgreSQL as it is hosted: behind a pooler, with a standby, with few connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from bot.errors import StoreAway
from storage.drivers.engines import Connections, examine_server, parse_url
from storage.migrate import upgrade
from storage.store import SqlStore
from tests.support.limits import HANG
from tests.support.pgbouncer import PROGRAM, running_pgbouncer
from tests.support.postgres import OwnServer, Server, own_server

NO_POOLER = pytest.mark.skipif(PROGRAM is None, reason="PgBouncer is not installed (Debian: pgbouncer)")
AT_ONCE, ROUNDS = 60, 8


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://jpd:pw@one:5432,two:5433/jpd", ("one:5432", "two:5433")),
        ("postgres://jpd:pw@one,two/jpd?sslmode=require", ("one:5432", "two:5432")),
        ("postgresql+psycopg://jpd:p%2Cw@one,two/jpd", ("one:5432", "two:5432")),
        ("postgresql+psycopg://jpd:pw@/jpd?host=one:5432&host=two:5433", ("one:5432", "two:5433")),
    ],
)
def test_a_url_may_name_several_hosts(url: str, hosts: tuple[str, ...]) -> None:
    parsed = parse_url(url)

    assert parsed.query["host"] == hosts
    assert (parsed.username, parsed.database) == ("jpd", "jpd")
    assert parsed.query.get("sslmode") == ("require" if "sslmode" in url else None)


@pytest.mark.parametrize("url", ["postgresql://a:b:c@d:e/f", "postgresql:/", "postgresql://a@b:c/d"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the settings make the sentence
        parse_url(url)


async def test_a_server_without_a_pooler_is_known_with_its_limit(
    postgres: Server, postgresql_url: str
) -> None:
    name = parse_url(postgresql_url).database
    postgres.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 20')
    store = SqlStore(postgresql_url)
    async with store.transaction() as tx:
        facts = await examine_server(tx.connection)
    await store.close()

    assert (facts.is_pooled, facts.most_connections) == (False, 20)


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A server of our own, which a standby or a pooler may follow."""
    with own_server(synchronous_commit="on") as server:
        yield server


async def write_at_once(store: SqlStore) -> list[BaseException]:
    """Use the same statements in many transactions, more often than the driver waits before it prepares; errors."""

    async def write(number: int) -> None:
        for round_ in range(ROUNDS):
            async with store.transaction() as tx:
                await tx.schools.add_partnership(f"{number}-{round_}")
                await tx.schools.partnerships()

    ended = await asyncio.gather(*(write(number) for number in range(AT_ONCE)), return_exceptions=True)
    return [each for each in ended if each is not None]


@NO_POOLER
@pytest.mark.long
async def test_behind_a_pooler_no_statement_is_prepared(server: OwnServer) -> None:
    with running_pgbouncer(server, server.create()) as url:
        await asyncio.to_thread(upgrade, url)
        store = SqlStore(url)
        assert await write_at_once(store) == []
        async with store.transaction() as tx:
            facts = await examine_server(tx.connection)
            prepared = await tx.connection.scalar(text("SELECT count(*) FROM pg_prepared_statements"))
            made = await tx.schools.partnerships()
        await store.close()

    assert facts.is_pooled
    assert prepared == 0
    assert len(made) == AT_ONCE * ROUNDS


@NO_POOLER
@pytest.mark.long
async def test_a_pooler_and_prepared_statements_do_not_go_together(server: OwnServer) -> None:
    """Show that the test above would find the fault."""
    with running_pgbouncer(server, server.create()) as url:
        await asyncio.to_thread(upgrade, url)
        store = SqlStore(url, connections=Connections(prepares=True))
        errors = await write_at_once(store)
        await store.close()

    assert any("prepared statement" in str(each) for each in errors)


@pytest.mark.long
async def test_a_standby_that_is_promoted_is_found_with_all_that_was_acknowledged() -> None:
    with own_server(synchronous_commit="on") as primary, primary.standby() as standby:
        url = standby.url_beside(primary, primary.create())
        await asyncio.to_thread(upgrade, url)
        store = SqlStore(url)
        async with store.transaction() as tx:
            await tx.schools.add_partnership("before")
        primary.crash()
        with pytest.raises(StoreAway):
            async with store.transaction() as tx:
                await tx.schools.add_partnership("while it is away")
        standby.execute("SELECT pg_promote()")
        async with asyncio.timeout(HANG):
            async with store.transaction() as tx:
                await tx.schools.add_partnership("after")
        async with store.transaction() as tx:
            names = {each.name for each in await tx.schools.partnerships()}
        await store.close()

    assert names == {"before", "after"}
